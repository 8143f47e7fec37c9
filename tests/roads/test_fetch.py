"""Downloads, from a server of our own: broken off, resumed, changed, refused; and places by name."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import osmnx
import pytest

from rufbus.domain.errors import InvalidInput, InvalidRoads, Unavailable
from rufbus.roads.fetch import TRIES, fetch_osm
from rufbus.roads.osm import read_roads

from .osm_text import OsmText, drives, ring

KREIS = {
    "type": "Polygon",
    "coordinates": [[[-0.01, -0.01], [0.02, -0.01], [0.02, 0.02], [-0.01, 0.02], [-0.01, -0.01]]],
}


@dataclass
class Extracts:
    """What the server holds and how it behaves; what it was asked."""

    content: bytes = b""
    mark: str = '"first"'
    modified: str = ""
    cut_after: list[int] = field(default_factory=list)
    """Bytes sent before each of the next answers breaks off."""
    ranges: bool = True
    length: bool = True
    status: int = 200
    geocoder: list = field(default_factory=list)
    overpass: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    url: str = ""


def handler(state: Extracts) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/search":
                self.answer(200, json.dumps(state.geocoder).encode(), {"Content-Type": "application/json"})
                return
            state.asked.append((path, dict(self.headers)))
            if state.status != 200:
                self.answer(state.status, b"no")
                return
            self.send_extract()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.questions.append(parse_qs(body)["data"][0])
            self.answer(state.status, state.overpass.encode(), {"Content-Type": "application/osm3s+xml"})

        def send_extract(self) -> None:
            begin = 0
            wanted = self.headers.get("Range", "")
            if state.ranges and wanted and self.headers.get("If-Range") in (state.mark, state.modified):
                begin = int(wanted.removeprefix("bytes=").rstrip("-"))
                if begin >= len(state.content):
                    self.answer(416, b"", {"Content-Range": f"bytes */{len(state.content)}"})
                    return
            part = state.content[begin:]
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(state.content) - 1}/{len(state.content)}")
            for name, value in (("ETag", state.mark), ("Last-Modified", state.modified)):
                if value:
                    self.send_header(name, value)
            if state.length:
                self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part[: state.cut_after.pop(0)] if state.cut_after else part)

        def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


@pytest.fixture
def server() -> Iterator[Extracts]:
    state = Extracts(content=gzip.compress(street_map().text().encode(), mtime=0))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(state)) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.url = f"http://127.0.0.1:{running.server_port}/land/kreis.osm.gz"
        yield state
        running.shutdown()
        thread.join()


def street_map() -> OsmText:
    text = ring()
    text.way(20, [1, 3], {"highway": "residential", "name": "Querweg"})
    return text


def starts(server: Extracts) -> list[int]:
    """Where each of the answers was asked to begin."""
    return [int(headers.get("Range", "bytes=0-")[6:-1]) for _, headers in server.asked]


def only(folder, *names: str) -> bool:
    return sorted(each.name for each in folder.iterdir()) == sorted(names)


# --- from an address ----------------------------------------------------------------------------------------------


def test_an_extract_is_downloaded_into_a_folder_under_its_own_name(tmp_path, server):
    told = []
    path = fetch_osm(tmp_path, url=server.url, progress=lambda what, share: told.append((what, share)))
    assert path == tmp_path / "kreis.osm.gz"
    assert path.read_bytes() == server.content
    assert drives(read_roads(path)[0], 20) == [(1, 3), (3, 1)]
    assert only(tmp_path, "kreis.osm.gz")
    assert told[0] == ("downloading", 0)
    assert told[-1] == ("done", 1)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_an_extract_is_downloaded_into_a_named_file_and_replaces_it(tmp_path, server):
    target = tmp_path / "roads.osm.gz"
    target.write_bytes(b"old")
    assert fetch_osm(target, url=server.url) == target
    assert target.read_bytes() == server.content


def test_a_connection_that_breaks_is_taken_up_where_it_ended(tmp_path, server):
    server.cut_after = [100, 50]
    path = fetch_osm(tmp_path, url=server.url)
    assert path.read_bytes() == server.content
    assert starts(server) == [0, 100, 150]


def test_a_download_given_up_is_resumed_by_the_next_call(tmp_path, server):
    target = tmp_path / "kreis.osm.gz"
    target.write_bytes(b"old")
    server.cut_after = [100, *[0] * TRIES]
    with pytest.raises(Unavailable, match=r"100 bytes are kept\. Run the same command again"):
        fetch_osm(tmp_path, url=server.url)
    assert target.read_bytes() == b"old"
    server.asked.clear()
    server.cut_after = []
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content
    assert starts(server) == [100]
    assert only(tmp_path, "kreis.osm.gz")


def test_what_the_progress_raises_stops_the_download_and_it_can_be_resumed(tmp_path, server):
    def stop(_what: str, share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_osm(tmp_path, url=server.url, progress=stop)
    assert not (tmp_path / "kreis.osm.gz").exists()
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content


def test_a_download_that_was_whole_but_not_put_in_place_is_not_sent_again(tmp_path, server):
    (tmp_path / ".kreis.osm.gz.part").write_bytes(server.content)
    (tmp_path / ".kreis.osm.gz.part.json").write_text(json.dumps({"url": server.url, "mark": server.mark}))
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content
    assert starts(server) == [len(server.content)]


def test_halves_of_two_versions_are_never_put_together(tmp_path, server):
    server.cut_after = [100, *[0] * TRIES]
    with pytest.raises(Unavailable):
        fetch_osm(tmp_path, url=server.url)
    server.cut_after = []
    server.content, server.mark = gzip.compress(ring().text().encode(), mtime=0), '"second"'
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content


def test_the_rest_of_another_address_is_not_taken_up(tmp_path, server):
    (tmp_path / ".kreis.osm.gz.part").write_bytes(b"x" * 100)
    (tmp_path / ".kreis.osm.gz.part.json").write_text(json.dumps({"url": "http://elsewhere", "mark": server.mark}))
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content
    assert starts(server) == [0]


@pytest.mark.parametrize("note", ["", "[]", "{", '{"url": 1}'])
def test_a_damaged_note_about_an_earlier_download_is_thrown_away(tmp_path, server, note):
    (tmp_path / ".kreis.osm.gz.part").write_bytes(b"x" * 100)
    (tmp_path / ".kreis.osm.gz.part.json").write_text(note)
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content


@pytest.mark.parametrize(
    ("mark", "modified"),
    [('W/"weak"', "Mon, 23 Nov 2026 07:00:00 GMT"), ("", "Mon, 23 Nov 2026 07:00:00 GMT"), ("", "")],
)
def test_servers_with_weaker_marks_are_resumed_or_begun_anew(tmp_path, server, mark, modified):
    server.mark, server.modified, server.cut_after = mark, modified, [100]
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content
    assert starts(server) == [0, 100 if modified else 0]


def test_a_server_that_knows_no_ranges_sends_all_again(tmp_path, server):
    server.ranges, server.cut_after = False, [100]
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content


def test_an_answer_without_its_length_is_taken_as_it_comes(tmp_path, server):
    server.length = False
    assert fetch_osm(tmp_path, url=server.url).read_bytes() == server.content


def test_what_is_no_openstreetmap_data_is_thrown_away(tmp_path, server):
    server.content = b"<html>Please sign in</html>"
    target = tmp_path / "kreis.osm.gz"
    target.write_bytes(b"old")
    with pytest.raises(InvalidRoads, match="not OpenStreetMap data"):
        fetch_osm(tmp_path, url=server.url)
    assert target.read_bytes() == b"old"
    assert only(tmp_path, "kreis.osm.gz")


@pytest.mark.parametrize(
    ("status", "error"), [(404, InvalidRoads), (403, InvalidRoads), (503, Unavailable), (429, Unavailable)]
)
def test_a_refusal_is_told_by_its_number(tmp_path, server, status, error):
    server.status = status
    with pytest.raises(error, match=str(status)):
        fetch_osm(tmp_path, url=server.url)
    assert only(tmp_path)


def test_a_server_out_of_reach_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="could not be downloaded"):
        fetch_osm(tmp_path, url="http://127.0.0.1:9/kreis.osm.pbf")


@pytest.mark.parametrize(
    "url", ["ftp://server/kreis.osm.pbf", "kreis.osm.pbf", "http:///kreis.osm.pbf", "file:///etc/passwd"]
)
def test_only_web_addresses_are_downloaded(tmp_path, url):
    with pytest.raises(InvalidInput, match="begins with http"):
        fetch_osm(tmp_path, url=url)


def test_a_name_that_could_not_be_read_is_refused_before_the_download(tmp_path, server):
    with pytest.raises(InvalidRoads, match="no name of an extract"):
        fetch_osm(tmp_path / "roads.zip", url=server.url)
    with pytest.raises(InvalidRoads, match="There is no folder"):
        fetch_osm(tmp_path / "nowhere" / "roads.osm.gz", url=server.url)
    assert server.asked == []


@pytest.mark.parametrize("choice", [{}, {"url": "http://127.0.0.1/a.osm", "place": "Kiel"}])
def test_exactly_one_of_place_and_address_is_wanted(tmp_path, choice):
    with pytest.raises(InvalidInput, match="either a place or the address"):
        fetch_osm(tmp_path, **choice)


# --- by place -----------------------------------------------------------------------------------------------------


@pytest.fixture
def servers(server, monkeypatch) -> Extracts:
    base = server.url.rpartition("/land")[0]
    monkeypatch.setattr(osmnx.settings, "nominatim_url", base)
    monkeypatch.setattr(osmnx.settings, "overpass_url", f"{base}/api")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    server.geocoder = [
        {"osm_type": "relation", "osm_id": 1, "boundingbox": ["-0.01", "0.02", "-0.01", "0.02"], "lat": "0", "lon": "0",
         "display_name": "Musterkreis", "importance": 0.5, "class": "boundary", "type": "administrative", "geojson": KREIS}
    ]  # fmt: skip
    server.overpass = street_map().text()
    return server


@pytest.mark.parametrize("name", ["roads.osm", "roads.osm.gz", "roads.osm.bz2", "roads.osm.pbf"])
def test_a_place_is_downloaded_in_the_format_of_the_file(tmp_path, servers, name):
    path = fetch_osm(tmp_path / name, place="Musterkreis")
    assert drives(read_roads(path)[0], 20) == [(1, 3), (3, 1)]
    assert only(tmp_path, name)
    (question,) = servers.questions
    assert 'way["highway"](poly:"' in question
    assert '["type"="restriction"]' in question
    assert question.startswith("[out:xml]")


def test_a_place_names_its_file_in_a_folder_and_leaves_no_cache(tmp_path, servers, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = []
    path = fetch_osm(tmp_path, place="Kreis Plön & Eiderstädt", progress=lambda what, share: told.append((what, share)))
    assert path.name == "kreis-ploen-eiderstaedt.osm.gz"
    assert only(tmp_path, path.name)
    assert (told[0], told[-1]) == (("looking up the place", 0), ("done", 1))
    assert osmnx.settings.use_cache


def test_an_unknown_place_is_refused_with_advice(tmp_path, servers):
    servers.geocoder = []
    with pytest.raises(InvalidRoads, match='no area called "Nirgendwo": spell it'):
        fetch_osm(tmp_path, place="Nirgendwo")
    assert only(tmp_path)


@pytest.mark.parametrize("status", [400, 429, 504])
def test_a_busy_map_server_is_unavailable(tmp_path, servers, status):
    servers.status = status
    with pytest.raises(Unavailable, match=str(status)):
        fetch_osm(tmp_path, place="Musterkreis")
    assert only(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("</osm>", "<remark>runtime error: Query timed out</remark></osm>"),
        lambda text: text.replace("</osm>", ""),
        lambda text: "",
    ],
)
def test_an_answer_that_is_not_whole_is_not_taken(tmp_path, servers, change):
    servers.overpass = change(servers.overpass)
    target = tmp_path / "roads.osm"
    target.write_text("old")
    with pytest.raises(Unavailable, match="gave up before its answer was whole"):
        fetch_osm(target, place="Musterkreis")
    assert target.read_text() == "old"
    assert only(tmp_path, "roads.osm")
