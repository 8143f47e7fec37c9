"""What is not in the documentation is not there: every command, error, event, setting and target has its place."""

import re
import subprocess
from pathlib import Path

import pytest
import typer.main
from pydantic.fields import FieldInfo

from api.app import make_app
from api.auth import Role
from api.cli import app
from api.problems import TITLES, status_of
from api.schemas import ReportIn
from rufbus.domain import errors
from rufbus.domain.events import EventKind
from rufbus.domain.request import RefusalReason
from rufbus.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LOCKS = [*sorted(ROOT.glob("requirements/*.txt")), ROOT / "web" / "package-lock.json"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TABLE_ROW = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def section(name, heading):
    """Return what stands under a heading, up to the next one of any rank."""
    return page(name).split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]


def rows(text):
    """Return the words in code in the first cells of a table."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def all_errors(kind=errors.RufbusError):
    return [kind, *(below for each in kind.__subclasses__() for below in all_errors(each))]


def commands(command, name):
    """Return the names of a command line's commands, those of groups with the group before them."""
    below = getattr(command, "commands", None)
    if below is None:
        return [name]
    return [found for each, one in below.items() for found in commands(one, f"{name} {each}")]


def git_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout, so nobody knows which files are committed")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_command_has_its_row_and_no_row_is_left_over():
    there = commands(typer.main.get_command(app), "rufbus")
    assert sorted(rows(section("docs/running.md", "## Every command"))) == sorted(there)


def test_every_option_that_the_pages_name_exists():
    offered = set()

    def walk(command):
        offered.update(option for parameter in command.params for option in parameter.opts)
        for below in getattr(command, "commands", {}).values():
            walk(below)

    walk(typer.main.get_command(app))
    named = {
        (path.name, option)
        for path in (ROOT / "README.md", ROOT / "docs" / "running.md")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "rufbus" in line or line.startswith("For a rehearsal")
        for option in re.findall(r"(?<![\w-])--[a-z-]+", line)
    }
    assert named
    assert {one for one in named if one[1] not in {*offered, "--help"}} == set()


def test_every_error_code_has_its_row_with_its_status():
    told = {cells[1].strip(" `"): cells[2].strip() for line in page("docs/errors.md").splitlines()
            if len(cells := line.split("|")) == 6 and "`" in cells[1]}  # fmt: skip
    assert set(told) == {each.code for each in all_errors()} | set(TITLES["en"])
    over_http = [each for each in all_errors() if each.code in TITLES["en"]]
    assert {each.code: told[each.code] for each in over_http} == {
        each.code: str(status_of(each("x"))) for each in over_http
    }


def test_every_event_refusal_report_and_role_has_its_row():
    events = [kind.value for kind in EventKind]
    reports = ReportIn.model_fields["kind"].annotation.__args__
    assert sorted(rows(section("docs/http.md", "## Events"))) == sorted(events)
    assert sorted(rows(section("docs/http.md", "### Refusals"))) == sorted(RefusalReason)
    assert sorted(rows(section("docs/http.md", "## Keys and roles"))) == sorted(Role)
    assert sorted(rows(section("docs/http.md", "## Vans"))) == sorted(reports)


def test_every_address_in_the_guide_is_a_door():
    doors = [
        re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path.removeprefix("/api/v1")))
        for path in make_app(lambda: None).openapi()["paths"]
    ]
    guide = page("docs/http.md")
    called = re.findall(r'"\$API(/[^"?]*)', guide) + re.findall(r"`(?:GET|POST|DELETE) (/[^` ]*)", guide)
    assert len(called) > 15
    assert [path for path in called if not any(re.fullmatch(door, path) for door in doors)] == []


def test_every_environment_variable_has_its_row():
    there = {f"RUFBUS_{name.upper()}": field for name, field in Settings.model_fields.items()}
    assert all(isinstance(field, FieldInfo) for field in there.values())
    assert sorted(rows(section("docs/settings.md", "## Environment"))) == sorted([*there, "RUFBUS_LOG"])


def test_every_make_target_that_the_pages_name_exists():
    makefile = page("Makefile")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    assert phony == targets
    named = {
        target
        for path in PAGES
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"demo", "test", "setup"} <= named <= targets


def test_every_link_leads_somewhere():
    dead = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for target in LINK.findall(text):
            file, _, anchor = target.partition("#")
            if file.startswith("https:"):
                continue
            reached = path.parent / file if file else path
            if not reached.exists():
                dead.append(f"{path.name}: {target}")
            elif anchor and anchor not in anchors(reached.read_text(encoding="utf-8")):
                dead.append(f"{path.name}: {target} has no such heading")
    assert dead == []


def anchors(text):
    """Return the anchors of a page's headings, as repository hosts make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_numbered_listed_and_has_its_four_parts():
    listed = page("docs/decisions/README.md")
    records = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))
    for number, path in enumerate(records, 1):
        text = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "Context", "Decision", "Consequences", "What enforces it",
        ]  # fmt: skip
        assert f"({path.name})" in listed


def test_every_room_has_its_row_in_the_architecture():
    rooms = {path.parent.name for path in ROOT.glob("rufbus/*/__init__.py")}
    told = set(rows(section("docs/architecture.md", "## The rooms")))
    assert {f"rufbus/{room}/" for room in rooms} | {"api/", "solver/", "web/"} <= told
    assert all((ROOT / room).exists() for room in told if "/" in room)


def test_the_readme_fits_on_a_screen():
    assert len(page("README.md").splitlines()) <= 45


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_has_hashes_and_names_no_address(path):
    text = path.read_text(encoding="utf-8")
    packages, hashes = (
        (r"^\S+==\S+ \\$", r"==\S+ \\\n    --hash=sha256:[0-9a-f]{64}")
        if path.suffix == ".txt"
        else (r'^    "node_modules/', r'"integrity": "sha512-')
    )
    locked = re.findall(packages, text, re.MULTILINE)
    assert len(locked) > 10
    assert len(re.findall(hashes, text)) == len(locked)
    assert re.findall(r"https?:|file:/|://|--(?:extra-)?index-url|--find-links|--trusted-host|\"resolved\"", text) == []
    assert re.findall(r"(?:^|\s)/\w+/\w", text) == []


def test_no_committed_file_names_a_place_on_somebodys_machine():
    places = re.compile(rb"(?<![\w.~*$}>/-])/(?:work|root|tmp|home/\w+|Users/\w+|opt/\w+)/\w")
    assert {
        f"{path.relative_to(ROOT)}: {found[0].decode()}"
        for path in git_files()
        if path.suffix not in {".bz2", ".png"} and (found := places.findall(path.read_bytes()))
    } == set()


def test_nothing_committed_is_left_to_be_done():
    left = re.compile(r"\b(?:[T]ODO|[F]IXME|[X]XX)\b")
    assert [
        path.relative_to(ROOT).as_posix()
        for path in git_files()
        if path.suffix in {".py", ".ts", ".css", ".html", ".md", ".toml"} and path.name != "pyproject.toml"
        if left.search(path.read_text(encoding="utf-8"))
    ] == []
