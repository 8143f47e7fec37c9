"""The wheel is whole: it holds what the packages hold, and works outside the checkout, where there is nothing else."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api", "rufbus", "solver")
QUICK = os.environ | {"NUMBA_DISABLE_JIT": "1"}
"""Compiling the kernels would take longer than what they compute here; they are compiled in other tests."""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """A wheel built from a copy of the tree, so that nothing old comes along and nothing new is left behind."""
    tree = tmp_path_factory.mktemp("tree")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    out = tree / "out"
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, tree], cwd=tree)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def outside(wheel, tmp_path_factory):
    """A folder far from the checkout with the wheel unpacked by pip, beside the libraries of this environment.

    The checkout is installed here as an editable package. ``-S`` leaves out the path files that lead to it, so that
    whatever is not in the wheel is not there.
    """
    folder = tmp_path_factory.mktemp("outside")
    run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", folder / "site", wheel])
    return folder


def run(command, cwd=None, env=None):
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def rufbus(outside, *words):
    """Run ``rufbus`` from the wheel."""
    return python(outside, "import sys; from api.cli import main; sys.argv[0] = 'rufbus'; main()", *words)


def python(outside, program, *words):
    paths = [str(outside / "site"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    begin = f"import sys; sys.path[:0] = {paths!r}; "
    return run([sys.executable, "-I", "-S", "-c", begin + program, *words], cwd=outside, env=QUICK)


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.split("/")[0] in PACKAGES}
    there = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there


def test_the_wheel_has_licence_and_command(wheel):
    held = zipfile.ZipFile(wheel)
    (entry,) = (name for name in held.namelist() if name.endswith("entry_points.txt"))
    assert "rufbus = api.cli:main" in held.read(entry).decode()
    assert any(name.endswith("licenses/LICENSE") for name in held.namelist())


@pytest.mark.parametrize("file", ["api/static/app/app.js", "api/static/app/app.css"])
def test_the_wheel_has_the_page(wheel, file):
    if not (ROOT / file).exists():
        pytest.skip("the page is not built: run make setup")
    assert file in zipfile.ZipFile(wheel).namelist()


def test_nothing_of_the_checkout_is_reachable_from_outside(outside):
    found = python(outside, "import api, rufbus, solver; print(api.__file__, rufbus.__file__, solver.__file__)").stdout
    assert [Path(each).parent.parent for each in found.split()] == [outside / "site"] * 3


def test_the_command_tells_the_version_of_the_wheel(outside, wheel):
    assert rufbus(outside, "--version").stdout.split() == ["rufbus", wheel.name.split("-")[1]]


def test_a_home_is_made_served_and_checked_from_the_wheel_alone(outside):
    python(
        outside, "from pathlib import Path; from rufbus.roads.sample import write_sample; write_sample(Path('sample'))"
    )
    sample = outside / "sample"
    extract, service, stops = sample / "schlei-sketch.osm.bz2", sample / "service.toml", outside / "stops.csv"
    stops.write_text("\n".join((sample / "stops.csv").read_text(encoding="utf-8").splitlines()[:13]), encoding="utf-8")
    rufbus(outside, "init", "home", "--osm", extract, "--service", service, "--stops", stops)
    token = rufbus(outside, "key", "add", "--home", "home", "--role", "operator").stdout.strip()
    quotes = json.loads(python(outside, ASK_FOR_A_RIDE, token).stdout)["quotes"]
    assert quotes
    assert "0 findings" in rufbus(outside, "check", "--home", "home").stderr


ASK_FOR_A_RIDE = """
from pathlib import Path
from fastapi.testclient import TestClient
from api.app import make_app
from api.cli import parse_clock
from rufbus.bootstrap import ClockChoice, open_home
from rufbus.home import Home
clock = ClockChoice(parse_clock("2026-11-25T05:00:00+01:00", "Europe/Berlin"))
with TestClient(make_app(lambda: open_home(Home(Path("home")), clock=clock, inline=True))) as client:
    assert "<html" in client.get("/").raise_for_status().text
    headers = {"Authorization": "Bearer " + sys.argv[1]}
    stops = client.get("/api/v1/stops", headers=headers).raise_for_status().json()["features"]
    ends = [stops[0]["id"], stops[-1]["id"]]
    wish = {"origin": {"stop_id": ends[0]}, "destination": {"stop_id": ends[1]}, "depart_after": "2026-11-25T09:00:00+01:00"}
    print(client.post("/api/v1/quotes", headers=headers, json=wish).raise_for_status().text)
"""
