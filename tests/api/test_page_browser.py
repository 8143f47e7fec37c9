"""The live page in a real browser, against a real server on a free port."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")

REPO = Path(__file__).resolve().parents[2]
BUNDLE = REPO / "api" / "static" / "app" / "app.js"
SAMPLE = REPO / "data" / "osm"
PATIENCE_MS = 60_000
CLOCK = "2026-11-25T08:00:00+01:00"
ARGS = ("--no-sandbox", "--lang=de", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("There is no Chromium on the PATH.")
    if not BUNDLE.exists():
        pytest.skip("The page is not built: npm --prefix web ci && npm --prefix web run build.")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(ARGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of the sample service on a clock that stands still, and a key for its control room."""
    home = tmp_path_factory.mktemp("home")
    _run(
        "init",
        home,
        "--osm",
        SAMPLE / "schlei-sketch.osm.bz2",
        "--service",
        SAMPLE / "service.toml",
        "--stops",
        SAMPLE / "stops.csv",
    )
    token = _run("key", "add", "--home", home, "--role", "control").strip()
    yield from _serving(("serve", "--home", home, "--clock", CLOCK, "--speed", "1", "--no-improve"), home, token)


def _serving(command, home, token):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = home / "server.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*_rufbus(), *map(str, command), "--port", str(port)], stdout=out, stderr=out, env=_environment()
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, server, log)
            yield address, token
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _rufbus():
    return [sys.executable, "-c", "from api.cli import main; main()"]


def _environment():
    return {**os.environ, "PYTHONPATH": str(REPO), "RUFBUS_SOLVER_PROCESSES": "1"}


def _run(*command):
    done = subprocess.run(
        [*_rufbus(), *map(str, command)], capture_output=True, text=True, env=_environment(), check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _wait_until_ready(address, server, log):
    for _ in range(600):
        assert server.poll() is None, log.read_text(errors="replace")
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"The server did not answer: {log.read_text(errors='replace')}")


class Watched:
    """A page with a record of what it asked for and what it complained about."""

    def __init__(self, context, address):
        self.address = address
        self.requests, self.complaints = [], []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on(
            "console", lambda line: self.complaints.append(line.text) if line.type in {"error", "warning"} else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def foreign(self):
        own = (f"{self.address}/", f"blob:{self.address}/", "data:")
        return [url for url in self.requests if not url.startswith(own)]


@pytest.fixture
def signed_in(chromium, served):
    address, token = served
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="de-DE")
    watched = Watched(context, address)
    context.add_cookies(
        [{"name": "rufbus_session", "value": token, "url": address, "sameSite": "Strict", "httpOnly": True}]
    )
    watched.page.goto(address)
    watched.page.locator("#live").wait_for()
    watched.page.locator("#stop-list-about", has_text="Fassung").wait_for()
    yield watched
    context.close()


def choose_place(page, field, text):
    """Pick the first suggestion by keyboard alone."""
    page.get_by_label(field, exact=True).fill(text)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def ask_for_ride(page, name, *, origin="Böklund", destination="Schleswig", time_text="1000"):
    choose_place(page, "Von", origin)
    choose_place(page, "Nach", destination)
    page.get_by_label("Uhrzeit", exact=True).first.fill(time_text)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Telefon", exact=True).fill("04621 123456")
    page.get_by_role("button", name="Angebote zeigen").press("Enter")


def test_a_ride_booked_on_the_page_appears_on_a_stop_list(signed_in):
    page = signed_in.page
    ask_for_ride(page, "Karla Probst")
    offer = page.locator(".offer").first
    offer.wait_for()
    assert re.search(
        r"Abholung \d\d:\d\d–\d\d:\d\d, ?Ankunft spätestens \d\d:\d\d", offer.inner_text().replace("\n", " ")
    )
    assert "3,50" in offer.inner_text()
    assert "reserviert: noch" in offer.inner_text()
    offer.get_by_role("button", name="Diese Fahrt buchen").press("Enter")
    code = page.locator("#booking-code")
    code.wait_for()
    assert re.fullmatch(r"[0-9A-Z-]{6,}", code.inner_text())
    rides = page.locator(".stop.is-mine")
    rides.first.wait_for()
    said = rides.all_inner_texts()
    assert "Karla Probst" in said[0]
    assert any("Einstieg" in text for text in said)
    assert any("Ausstieg" in text for text in said)
    assert signed_in.foreign() == []
    assert signed_in.complaints == []


def test_the_stop_list_follows_a_booking_made_elsewhere(signed_in, served):
    page = signed_in.page
    booking = _book_elsewhere(served, "Enno Ahlers")
    page.get_by_label("Fahrzeug", exact=True).select_option(booking["legs"][0]["vehicle_id"])
    page.locator(".stop", has_text="Enno Ahlers").first.wait_for()
    before = page.locator("#stop-list-about").inner_text()
    _post(served, f"/bookings/{booking['id']}/cancel", None, key="cancel-enno")
    page.locator(".stop", has_text="Enno Ahlers").first.wait_for(state="detached")
    assert page.locator("#stop-list-about").inner_text() != before
    assert signed_in.complaints == []


def test_a_refusal_says_why_and_marks_its_alternatives(signed_in):
    page = signed_in.page
    ask_for_ride(page, "Karla Probst", time_text="8:10")
    page.locator(".refusal").wait_for()
    assert "zu kurzfristig" in page.locator(".refusal").inner_text()
    assert page.locator(".offer").count() >= 3
    assert "Andere Zeit als gewünscht" in page.locator(".offer").first.inner_text()


def test_a_form_with_something_missing_says_so_and_goes_there(signed_in):
    page = signed_in.page
    page.get_by_role("button", name="Angebote zeigen").press("Enter")
    page.locator("#form-error", has_text="Bitte einen Start wählen").wait_for()
    assert page.evaluate("document.activeElement.id") == "from"
    assert page.get_by_label("Von", exact=True).get_attribute("aria-invalid") == "true"


def test_the_map_shows_every_van_and_says_so_in_words(signed_in):
    page = signed_in.page
    page.locator(".van").nth(23).wait_for()
    page.locator("#map-text", has_text="Haltestellen").wait_for(state="attached")
    told = re.findall(r"(\d+) Fahrzeug", page.locator("#map-text").inner_text())
    assert sum(map(int, told)) == 24
    assert page.locator("#map-missing").is_hidden()
    assert signed_in.complaints == []


def test_the_timeline_can_be_read_as_a_table(signed_in):
    page = signed_in.page
    page.get_by_role("button", name="Als Tabelle").press("Enter")
    table = page.get_by_role("table")
    table.wait_for()
    assert table.get_by_role("rowheader").count() >= 24
    assert table.get_by_role("columnheader", name="Pause").count() == 1


def test_whoever_has_no_key_is_asked_for_one(chromium, served):
    address, token = served
    context = chromium.new_context(locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.get_by_label("Schlüssel").fill("falsch")
    page.get_by_role("button", name="Anmelden").press("Enter")
    page.locator("#sign-in-error", has_text="gilt nicht").wait_for()
    page.get_by_label("Schlüssel").fill(token)
    page.get_by_role("button", name="Anmelden").press("Enter")
    page.locator("#live").wait_for()
    context.close()


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (1440, 900)])
def test_nothing_sticks_out_sideways(chromium, served, width, height):
    address, token = served
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="de-DE")
    context.add_cookies([{"name": "rufbus_session", "value": token, "url": address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.locator("#timeline .row").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def _book_elsewhere(served, name):
    wish = {
        "origin": _stop(served, "Tarp"),
        "destination": _stop(served, "Eggebek"),
        "depart_after": "2026-11-25T11:00:00",
    }
    offer = _post(served, "/quotes", wish)
    body = {"quote_id": offer["quotes"][0]["id"], "rider": {"name": name, "phone": "04621 654321"}}
    return _post(served, "/bookings", body, key="book-enno")


def _stop(served, query):
    address, token = served
    asked = urllib.request.Request(
        f"{address}/api/v1/places?q={query}&limit=1", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return {"stop_id": json.load(answer)["places"][0]["stop_id"]}


def _post(served, path, body, key=None):
    address, token = served
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    if key is not None:
        headers["Idempotency-Key"] = key
    data = json.dumps(body).encode() if body is not None else b""
    asked = urllib.request.Request(f"{address}/api/v1{path}", data=data, headers=headers, method="POST")
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return json.load(answer)
