"""Strangers may be missing; the command line does not wait for those who are there."""

import importlib.util
import subprocess
import sys

import pytest

from api import cli
from rufbus.bench.machine import describe_run
from rufbus.bench.peers import PEERS, find_peer

HEAVY = ("igraph", "numba", "ortools", "pandana", "pyvrp", "ridepy", "rufbus.bench.figures", "vroom")


def test_a_peer_that_is_not_installed_is_none_and_has_no_version(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert find_peer("pyvrp") is None
    assert PEERS["pyvrp"].version is None


def test_a_peer_that_is_installed_is_its_module():
    assert find_peer("scipy").__name__ == "scipy"
    assert PEERS["or-tools"].version.startswith("9.")


def test_the_header_names_what_the_figures_depend_on():
    header = describe_run(7)
    assert header.seed == 7
    assert {"rufbus", "Python", "numba", "ortools"} <= set(header.versions)
    assert header.cores >= 1
    assert "seed 7" in header.to_text()
    assert set(header.to_record()) == {"date", "machine", "cores", "load", "versions", "seed"}


def test_mounting_the_benchmarks_imports_none_of_them():
    program = "import sys, rufbus.bench.command; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(HEAVY) & set(done.stdout.split()) == set()


def test_peers_are_listed_with_their_versions_or_how_to_get_them(monkeypatch, capsys):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyvrp" else there(name))
    monkeypatch.setattr(sys, "argv", ["rufbus", "bench", "peers"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    told = capsys.readouterr().out
    lines = {line.split("│")[1].strip(): line for line in told.splitlines() if "│" in line}
    assert set(lines) == set(PEERS)
    assert "not installed: run make bench-setup" in lines["pyvrp"]
    assert PEERS["scipy"].version in lines["scipy"]
