"""The command line: what it makes, and how it says no — one sentence, exit code 1, nothing half-written."""

import gzip
import json
import sys
import zlib

import pytest

from api import cli
from api.auth import Role, hash_token
from rufbus.home import DATABASE_FILE, NETWORK_FILE, REPORT_FILE, ROADS_FILE, SERVICE_FILE, STATES_FILE
from rufbus.roads.graph_file import MAGIC
from rufbus.settings import Settings
from rufbus.store.unit_of_work import open_store

from .small_town import SERVICE, booking, corner, open_doors, wish

FILES = {DATABASE_FILE, NETWORK_FILE, REPORT_FILE, ROADS_FILE, SERVICE_FILE}
BOW_TIE = [[9.50, 54.50], [9.56, 54.52], [9.56, 54.50], [9.50, 54.52], [9.50, 54.50]]


@pytest.fixture
def rufbus(monkeypatch, capsys):
    """Run a command; return its exit code, what it printed, and what it said on the side."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["rufbus", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = capsys.readouterr()
        return end.value.code or 0, told.out, told.err

    return run


def init(rufbus, sources, folder, **changed):
    given = {"osm": sources.osm, "service": sources.service, "stops": sources.stops} | changed
    options = [part for name, path in given.items() if path is not None for part in (f"--{name}", path)]
    return rufbus("init", folder, *options)


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} if folder.exists() else set()


def check_refusal(result, *words):
    code, out, err = result
    assert code == 1, (out, err)
    assert "Traceback" not in err
    said = err[err.index("Error: ") :]
    assert all(word in said for word in words), said
    assert said.rstrip()[-1] in ".!?", said
    assert said.count("Error: ") == 1
    assert out == ""


class TestMakingAHome:
    def test_init_makes_it_and_says_how_to_go_on(self, rufbus, sources, tmp_path):
        home = tmp_path / "town"
        code, out, err = init(rufbus, sources, home)
        assert code == 0, err
        assert "Rufbus Town, 2 vehicles" in out
        assert f"rufbus serve --home {home}" in out
        assert "Reading the roads" in err
        assert files_in(home) == FILES

    def test_without_service_file_and_stops_a_starter_is_made_that_opens(self, rufbus, sources, tmp_path):
        home = tmp_path / "new"
        code, _, err = init(rufbus, sources, home, service=None, stops=None)
        assert code == 0, err
        assert rufbus("check", "--home", home)[0] == 0
        assert rufbus("key", "add", "--home", home, "--role", "driver", "--vehicle", "bus-1")[0] == 0

    def test_stops_that_a_closure_cuts_off_are_a_warning_and_no_refusal(self, rufbus, sources, tmp_path):
        service = tmp_path / "service.toml"
        service.write_text(SERVICE + CLOSED + "ways = [101]\n", encoding="utf-8")
        home = tmp_path / "town"
        code, out, err = init(rufbus, sources, home, service=service)
        assert code == 0, err
        warning = "Warning: From 2026-11-26 on (works), 5 stops are cut off: Corner 0-1, Corner 1-1, "
        assert warning in out
        assert files_in(home) == FILES | {STATES_FILE}
        code, _, err = rufbus("check", "--home", home)
        assert (code, warning in err) == (0, True)

    def test_a_closure_written_into_the_service_file_of_a_home_is_checked_and_used(self, rufbus, home):
        file = home.service_file
        file.write_text(SERVICE + CLOSED + "ways = [4711]\n", encoding="utf-8")
        for command in ("serve", "check"):
            check_refusal(rufbus(command, "--home", home.path), "service.toml", "closures[0].ways[0]", "4711")
        file.write_text(SERVICE + CLOSED + "ways = [101]\n", encoding="utf-8")
        with open_doors(home) as doors:
            network = doors.running.network
            assert (network.times_on("2026-11-26").travel_s > network.times_on("2026-11-25").travel_s).any()
        assert (home.path / STATES_FILE).exists()

    def test_an_extract_may_be_compressed(self, rufbus, sources, tmp_path):
        packed = tmp_path / "town.osm.gz"
        packed.write_bytes(gzip.compress(sources.osm.read_bytes()))
        assert init(rufbus, sources, tmp_path / "town", osm=packed)[0] == 0

    def test_doing_it_again_keeps_the_bookings(self, rufbus, sources, home):
        with open_doors(home) as doors:
            quote = doors.post("/quotes", json=wish()).json()["quotes"][0]["id"]
            doors.post("/bookings", json=booking(quote), headers={"Idempotency-Key": "k"})
            tokens = doors.tokens
        assert init(rufbus, sources, home.path)[0] == 0
        with open_doors(home, tokens=tokens) as doors:
            assert len(doors.get("/bookings").json()["bookings"]) == 1


def service_with(text="", **replaced):
    changed = SERVICE
    for old, new in replaced.items():
        assert old in changed
        changed = changed.replace(old, new)
    return changed + text


SHIFT = '\n[[shifts]]\nvehicle = "bus-1"\ndays = "wed"\ntime = "12:00-16:00"\n'
AREA = '\n[[areas]]\nid = "bow"\npolygon = "areas/bow.geojson"\n'
CLOSED = '\n[[closures]]\nid = "works"\nfrom = 2026-11-26\nto = 2026-11-26\n'
LOST_AREA = '\n[[areas]]\nid = "lost"\npolygon = "areas/lost.geojson"\n'
OUTSIDE_AREA = '\n[[areas]]\nid = "out"\npolygon = "../../out.geojson"\n'
BAD_SERVICES = {
    "an unknown table": ("[frills]\ncolour = 1\n" + SERVICE, ["frills"]),
    "an unknown key": (SERVICE.replace("hold_s = 180", "hold_s = 180\nhold_m = 3"), ["booking.hold_m"]),
    "overlapping shifts": (SERVICE + SHIFT, ["shifts", "bus-1"]),
    "a self-crossing area": (SERVICE + AREA, ["bow"]),
    "an area without its file": (SERVICE + LOST_AREA, ["areas/lost.geojson"]),
    "an area outside the folder": (SERVICE + OUTSIDE_AREA, ["out.geojson"]),
    "a depot off the roads": (SERVICE.replace("depot = [9.5077, 54.5]", "depot = [9.9, 54.9]"), ["bus-1"]),
    "a depot with exchanged coordinates": (SERVICE.replace("depot = [9.5077, 54.5]", "depot = [54.5, 9.5]"), ["depot"]),
    "a closed way that is no road": (
        SERVICE + CLOSED + "ways = [104, 4711]\n",
        ["service.toml", "closures[0].ways[1]", "4711"],
    ),
    "a line across no road": (SERVICE + CLOSED + "line = [[9.501, 54.501], [9.505, 54.501]]\n", ["closures[0].line"]),
    "a slowed class that does not exist": (
        SERVICE + CLOSED.replace("closures", "slowdowns") + "factor = { tertary = 0.5 }\n",
        ["slowdowns[0].factor.tertary"],
    ),
    "a shift of no van": (SERVICE + SHIFT.replace("bus-1", "bus-9"), ["bus-9"]),
    "no TOML": (SERVICE + "\n[[shifts]\n", ["TOML", "line"]),
    "an id in square brackets": (SERVICE.replace('id = "town"', 'id = "[/red]"'), ["[/red]"]),
    "nothing": ("", ["service"]),
}


@pytest.mark.parametrize("fault", BAD_SERVICES)
def test_a_service_file_that_cannot_be_right_is_refused(rufbus, sources, tmp_path, fault):
    text, words = BAD_SERVICES[fault]
    service = tmp_path / "given" / "service.toml"
    (service.parent / "areas").mkdir(parents=True)
    service.write_text(text, encoding="utf-8")
    polygon = {"type": "Polygon", "coordinates": [BOW_TIE]}
    (service.parent / "areas" / "bow.geojson").write_text(json.dumps(polygon), encoding="utf-8")
    home = tmp_path / "town"
    check_refusal(init(rufbus, sources, home, service=service), *words)
    assert files_in(home) == set()


STOPS = {
    "off the roads": ("id,name,lon,lat\nS1,Far,9.70,54.70\nS2,Farther,9.71,54.71\n", []),
    "exchanged": ("id,name,lon,lat\nS1,Here,54.5,9.502\n", ["line 2"]),
    "twice": (f"id,name,lon,lat\nS1,A,{corner(0, 0)[0]},54.5\nS1,B,{corner(1, 0)[0]},54.5\n", ["S1"]),
    "without columns": ("a,b\n1,2\n", ["lon"]),
    "no numbers": ("id,name,lon,lat\nS1,A,x,54.5\n", ["line 2"]),
    "empty": ("", ["empty"]),
    "no text": (b"\xff\xfe\x00", ["UTF-8"]),
}


@pytest.mark.parametrize("fault", STOPS)
def test_stops_that_cannot_be_right_are_refused(rufbus, sources, tmp_path, fault):
    content, words = STOPS[fault]
    stops = tmp_path / "given.csv"
    stops.write_bytes(content if isinstance(content, bytes) else content.encode())
    home = tmp_path / "town"
    check_refusal(init(rufbus, sources, home, stops=stops), *words)
    assert files_in(home) == set()


@pytest.mark.parametrize(
    "fault", ["missing", "cut off", "cut off and packed", "empty", "no map", "no roads", "a folder"]
)
def test_an_extract_that_cannot_be_read_is_refused(rufbus, sources, tmp_path, fault):
    whole = sources.osm.read_bytes()
    osm = tmp_path / ("given.osm.gz" if "packed" in fault else "given.osm")
    content = {
        "cut off": whole[: len(whole) // 2],
        "cut off and packed": gzip.compress(whole)[:-200],
        "empty": b"",
        "no map": b"Moin",
        "no roads": b'<osm version="0.6"><node id="1" version="1" lon="9.5" lat="54.5"/></osm>',
    }
    if fault in content:
        osm.write_bytes(content[fault])
    elif fault == "a folder":
        osm.mkdir()
    home = tmp_path / "town"
    check_refusal(init(rufbus, sources, home, osm=osm), osm.name)
    assert files_in(home) == set()


def test_a_home_that_is_there_survives_a_refusal_whole(rufbus, sources, home, tmp_path):
    before = {name: (home.path / name).read_bytes() for name in files_in(home.path)}
    bad = tmp_path / "bad.toml"
    bad.write_text(SERVICE + SHIFT, encoding="utf-8")
    check_refusal(init(rufbus, sources, home.path, service=bad), "shifts")
    assert {name: (home.path / name).read_bytes() for name in files_in(home.path)} == before


class TestKeys:
    @pytest.mark.parametrize("role", list(Role))
    def test_a_key_is_printed_once_and_stored_only_as_a_digest(self, rufbus, home, role):
        van = ["--vehicle", "bus-1"] if role is Role.DRIVER else []
        code, out, err = rufbus("key", "add", "--home", home.path, "--role", role.value, *van)
        assert (code, err) == (0, "")
        token = out.strip()
        assert len(token) > 40
        assert token.encode() not in (home.path / DATABASE_FILE).read_bytes()
        store = open_store(home.database_url(Settings()))
        with store.read() as session:
            key = session.find_key(hash_token(token))
        store.close()
        assert (key.role, key.vehicle_id) == (role.value, "bus-1" if van else None)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--role", "king"], ["king", "operator"]),
            (["--role", "driver"], ["--vehicle"]),
            (["--role", "driver", "--vehicle", "bus-9"], ["bus-9"]),
            (["--role", "operator", "--vehicle", "bus-1"], ["operator"]),
        ],
        ids=str,
    )
    def test_one_that_cannot_be_meant_is_refused(self, rufbus, home, options, words):
        check_refusal(rufbus("key", "add", "--home", home.path, *options), *words)
        store = open_store(home.database_url(Settings()))
        with store.read() as session:
            assert session.list_keys() == []
        store.close()


class TestChecking:
    def test_a_home_in_order_has_no_findings(self, rufbus, home):
        with open_doors(home) as doors:
            quote = doors.post("/quotes", json=wish()).json()["quotes"][0]["id"]
            assert doors.post("/bookings", json=booking(quote), headers={"Idempotency-Key": "k"}).status_code == 201
        assert rufbus("check", "--home", home.path) == (0, "", "0 findings\n")

    def test_a_home_not_in_order_is_told_line_by_line(self, rufbus, home):
        with open_doors(home) as doors:
            quote = doors.post("/quotes", json=wish()).json()["quotes"][0]["id"]
            doors.post("/bookings", json=booking(quote), headers={"Idempotency-Key": "k"})
        service = home.path / SERVICE_FILE
        text = service.read_text(encoding="utf-8")
        service.write_text(text.replace('time = "05:00-13:00"', 'time = "12:00-13:00"'), encoding="utf-8")
        code, out, err = rufbus("check", "--home", home.path)
        assert code == 1
        assert len(out.splitlines()) == int(err.split()[0]) >= 1

    def test_migrating_a_home_that_is_up_to_date_changes_nothing(self, rufbus, home):
        code, out, _ = rufbus("migrate", "--home", home.path)
        assert code == 0
        assert "up to date" in out


@pytest.mark.parametrize(
    "command",
    [["serve"], ["check"], ["migrate"], ["key", "add", "--role", "admin"]],
    ids=" ".join,
)
@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_that_is_no_home_is_refused_and_left_alone(rufbus, tmp_path, command, folder):
    path = tmp_path / folder
    if folder == "empty":
        path.mkdir()
    check_refusal(rufbus(*command, "--home", path), str(path))
    assert files_in(path) == set()
    assert path.exists() == (folder == "empty")


@pytest.mark.parametrize("clock", ["now", "2026-11-25T25:00", "", "2027-03-28T02:30:00"])
def test_a_clock_that_is_no_time_is_refused(rufbus, home, clock):
    check_refusal(rufbus("serve", "--home", home.path, "--clock", clock))


def test_an_injected_clock_and_its_company_are_refused_where_they_make_no_sense(rufbus, home):
    several = rufbus("serve", "--home", home.path, "--clock", "2026-11-25T05:00", "--workers", "2")
    check_refusal(several, "--workers")
    check_refusal(rufbus("serve", "--home", home.path, "--autopilot"), "--clock")


@pytest.mark.parametrize("name", [NETWORK_FILE, ROADS_FILE])
@pytest.mark.parametrize("command", ["serve", "check"])
def test_damaged_files_are_refused_with_what_to_do(rufbus, home, command, name):
    path = home.path / name
    path.write_bytes(path.read_bytes()[:100])
    check_refusal(rufbus(command, "--home", home.path), str(path), "rufbus init")


def test_roads_of_an_older_version_are_refused_with_what_to_do(rufbus, home):
    path = home.path / ROADS_FILE
    old = path.read_bytes().replace(b'"version": 2', b'"version": 1', 1)
    checked = old[len(MAGIC) + 8 :]
    path.write_bytes(MAGIC + zlib.crc32(checked).to_bytes(8, "little") + checked)
    check_refusal(rufbus("serve", "--home", home.path), "version 1", f"rufbus init {home.path}", "bookings stay")


@pytest.mark.parametrize(
    "arguments", [["serve"], ["nothing"], ["serve", "--home", "x", "--port", "99999"]], ids=" ".join
)
def test_wrong_usage_ends_with_2(rufbus, arguments):
    code, out, err = rufbus(*arguments)
    assert code == 2
    assert out == ""
    assert "Traceback" not in err


def test_the_version_is_told(rufbus):
    code, out, _ = rufbus("--version")
    assert code == 0
    assert out.startswith("rufbus 0.")


def test_a_key_pressed_to_stop_is_no_error(rufbus, sources, tmp_path, monkeypatch):
    def stop(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("api.cli.make_home", stop)
    code, _, err = init(rufbus, sources, tmp_path / "town")
    assert code == 130
    assert "Traceback" not in err


class TestBackups:
    def test_a_home_goes_into_a_file_and_back(self, rufbus, home, tmp_path):
        code, out, _ = rufbus("backup", "--home", home.path, "--out", tmp_path / "one.zip")
        assert (code, "0 bookings" in out) == (0, True)
        code, out, err = rufbus("restore", tmp_path / "one.zip", "--home", tmp_path / "again")
        assert (code, "0 bookings" in out, "0 findings" in err) == (0, True, True)

    def test_no_backup_is_overwritten(self, rufbus, home, tmp_path):
        (tmp_path / "one.zip").write_text("mine")
        check_refusal(rufbus("backup", "--home", home.path, "--out", tmp_path / "one.zip"), "exists already")
        assert (tmp_path / "one.zip").read_text() == "mine"
