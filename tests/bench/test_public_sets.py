"""Public instances end to end: solved through the dispatcher's door, judged twice, written down, told apart by the aims."""

import itertools
import json
import math
import sys
from dataclasses import replace

import pytest

from api import cli
from rufbus.bench import public_runs, solving
from rufbus.bench.best_known import Best, find_best_known, read_best_known
from rufbus.bench.instances.instance import read_instance
from rufbus.bench.pdptw_peers import SOLVERS, solve_with_peer
from rufbus.bench.peers import PEERS
from rufbus.bench.public_sets import run_set, to_rows
from rufbus.bench.recompute import recompute
from rufbus.bench.solving import Effort, judge, solve
from rufbus.domain.errors import InvalidInstance
from solver.plan import Plan

from .small_files import DARP, DATA, LI_LIM, SARTORI_BURIOL, needs_data, write

SHORT = Effort("reinsert", None, 40, seed=3)
KEYS = ["instance", "cost", "vehicles", "routes", "iterations", "wall_s"]


@pytest.fixture
def bench(monkeypatch, capsys):
    """Run ``rufbus bench …``; return its exit code, what it printed, and what it said on the side."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["rufbus", "bench", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = capsys.readouterr()
        return end.value.code or 0, told.out, told.err

    return run


@pytest.mark.parametrize(("kind", "text"), [("pdptw", LI_LIM), ("pdptw", SARTORI_BURIOL), ("darp", DARP)])
def test_a_little_instance_is_solved_at_its_best(kind, text, tmp_path):
    instance = read_instance(write(tmp_path, text), kind)
    outcome = solve(instance, SHORT)
    nodes = sorted(node for route in outcome.routes for node in route)
    orders = [order for order in itertools.permutations(nodes) if not recompute(instance.draft.path, [order]).faults]
    least = min(recompute(instance.draft.path, [order]).cost for order in orders)
    assert (outcome.faults, outcome.unserved) == ((), [])
    assert outcome.cost == pytest.approx(least)


def test_what_is_written_is_enough_to_recompute_it(bench, tmp_path):
    file = write(tmp_path, LI_LIM)
    write(tmp_path, "instance,vehicles,cost\nTINY,1,28.93\n", "best_known.csv")
    out = tmp_path / "found.json"
    code, printed, said = bench(
        "pdptw", tmp_path, "--iterations", 20, "--seed", 5, "--engine", "reinsert", "--out", out
    )
    assert code == 0, said
    (record,) = json.loads(out.read_text())
    assert list(record)[:6] == KEYS
    assert (record["instance"], record["seed"], record["iterations"], record["faults"]) == ("tiny", 5, 20, [])
    again = recompute(file, record["routes"])
    assert again.faults == ()
    assert record["cost"] == pytest.approx(again.cost, abs=1e-6)
    assert record["vehicles"] == again.vehicles == len(record["routes"])
    assert record["gap"] == 0
    assert "1 / 28.93" in printed
    assert "seed 5" in printed
    assert "best_known.csv" in said


def test_the_same_seed_and_iterations_give_the_same_routes(bench, tmp_path):
    write(tmp_path, DARP)
    written = []
    for name in ("a.json", "b.json"):
        assert bench("darp", tmp_path / "tiny.txt", "--iterations", 30, "--out", tmp_path / name)[0] == 0
        (record,) = json.loads((tmp_path / name).read_text())
        written.append({**record, "wall_s": 0})
    assert written[0] == written[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("darp", "FILE", "--engine", "magic"), "Error: There is no engine 'magic': choose one of"),
        (("pdptw", "FILE", "--peers", "pyvrp,networkx"), "Error: 'networkx' is no peer that can model"),
        (("darp", "FILE", "--out", "nowhere/x.json"), "Error: --out nowhere/x.json: there is no folder nowhere."),
        (("pdptw", "nowhere.txt"), "Error: nowhere.txt does not exist: give an instance file"),
        (("pdptw", "FILE"), "tiny.txt:1: 5 values where 3 belong: vehicles, capacity, speed."),
    ],
)
def test_what_cannot_be_run_is_refused_in_a_sentence_before_anything_is_solved(bench, tmp_path, words, sentence):
    file = write(tmp_path, DARP)
    code, printed, said = bench(*(file if word == "FILE" else word for word in words))
    assert (code, printed) == (1, "")
    assert sentence in said
    assert "Traceback" not in said


def test_an_answer_that_breaks_a_rule_is_named_written_down_and_ends_with_1(bench, tmp_path, monkeypatch):
    def twisted(problem, plan, *_, **__):
        return solving_improvement(plan.with_tour(0, (1, 0, 2, 3)).with_tour(1, ()))

    real = solving.improve_plan

    def solving_improvement(plan):
        done = real(problem_of["one"], Plan(((0, 1, 2, 3), ())), solving.Budget(iterations=1), engine="reinsert")
        return replace(done, plan=plan)

    problem_of = {"one": read_instance(write(tmp_path, DARP), "darp").problem}
    monkeypatch.setattr(solving, "improve_plan", twisted)
    out = tmp_path / "found.json"
    code, printed, said = bench("darp", tmp_path / "tiny.txt", "--iterations", 1, "--out", out)
    assert code == 1
    assert "tiny, ours: Ride 0 is dropped before it is picked up." in said
    assert "tiny, ours: route 1: node 3 is set down before node 1 is picked up" in said
    assert "broken: " in printed
    (record,) = json.loads(out.read_text())
    assert record["faults"]
    assert record["gap"] is None


def test_a_request_that_no_vehicle_had_room_for_is_unserved_and_has_no_gap(tmp_path):
    instance = read_instance(write(tmp_path, DARP), "darp")
    outcome = judge(instance, Plan(((0, 1), ()), (1,)), 0.0)
    assert (outcome.unserved, outcome.faults) == ([2, 4], ())
    assert outcome.gap(Best(20.0, None)) is None
    assert outcome.to_text(with_fleet=False) == "20.00, 1 unserved"


class TestBestKnown:
    def test_the_nearest_table_beside_or_above_counts(self, tmp_path):
        (tmp_path / "set" / "100").mkdir(parents=True)
        file = write(tmp_path / "set" / "100", LI_LIM, "LC1_2_1.txt")
        write(tmp_path, "instance,cost\nlc1_2_1,1\n", "best_known.csv")
        assert find_best_known(file, {}) == Best(1.0, None)
        write(tmp_path / "set", "instance,vehicles,distance\nlc1_2_1,20,2704.57\n", "best_known.csv")
        assert find_best_known(file, {}) == Best(2704.57, 20)

    def test_a_table_that_lacks_a_column_or_a_number_is_refused_by_its_line(self, tmp_path):
        with pytest.raises(InvalidInstance, match=r"csv:1: the columns instance and one of cost"):
            read_best_known(write(tmp_path, "name,cost\n", "x.csv"))
        with pytest.raises(InvalidInstance, match=r"csv:3: the cost or the number of vehicles is no number"):
            read_best_known(write(tmp_path, "instance,vehicles,cost\na,1,2\nb,x,3\n", "x.csv"))

    def test_the_rounding_of_what_was_published_is_no_gap_and_other_fleets_have_none(self):
        best = Best(294.25, 3)
        assert best.gap(294.2549, 3) == 0.0
        assert best.gap(297.1925, 3) == pytest.approx(0.01)
        assert best.gap(290.0, 4) is None


class TestPeers:
    @pytest.mark.parametrize("name", SOLVERS)
    def test_a_peer_solves_the_little_instance_and_is_judged_like_us(self, name, tmp_path):
        if PEERS[name].version is None:
            pytest.skip(f"{name} is not installed: run make bench-setup")
        found = solve_with_peer(name, read_instance(write(tmp_path, LI_LIM), "pdptw"), 0.4, 0)
        assert (found.faults, found.unserved) == ((), [])
        assert found.cost == pytest.approx(28.9301, abs=1e-3)

    def test_a_peer_that_is_missing_is_told_and_costs_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr("rufbus.bench.pdptw_peers.find_peer", lambda _: None)
        (result,) = run_set([read_instance(write(tmp_path, LI_LIM), "pdptw")], SHORT, peers=["pyvrp"])
        assert result.to_record()["peers"] == {"pyvrp": None}
        assert to_rows([result])[0].peers == {"pyvrp": "not installed: run make bench-setup"}


def test_a_family_is_summed_up_with_its_aims(tmp_path):
    instance = read_instance(write(tmp_path, LI_LIM), "pdptw")
    table = write(tmp_path, "instance,vehicles,cost\ntiny,1,28.9\n", "best_known.csv")
    rows = {row.figure: row for row in to_rows(run_set([instance], SHORT, best_known=table))}
    assert rows["tiny"].compared == "0.10%"
    assert rows["tiny"].is_met is False
    fleet = rows["Li & Lim 100: best-known fleet"]
    assert (fleet.ours, fleet.aim, fleet.is_met) == ("1 of 1", "≥ 100%", True)
    gap = rows["Li & Lim 100: mean gap at the best-known fleet"]
    assert (gap.ours, gap.aim, gap.is_met) == ("0.104% over 1", "≤ 0.10%", False)


PUBLIC = [
    ("darp", "darp/ab/a2-16.txt"),
    ("darp", "darp/ab/b3-24.txt"),
    ("darp", "darp/pr/pr01"),
    ("pdptw", "pdptw/li_lim/100/lc101.txt"),
    ("pdptw", "pdptw/li_lim/100/lrc105.txt"),
    ("pdptw", "pdptw/sartori_buriol/bar-n100-1.txt"),
]


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(("kind", "name"), PUBLIC)
def test_what_we_make_of_public_instances_is_right_by_the_file_alone(kind, name):
    instance = read_instance(DATA / name, kind)
    outcome = solve(instance, SHORT)
    assert outcome.faults == ()
    assert len({node for route in outcome.routes for node in route}) + len(outcome.unserved) == 2 * len(
        instance.problem.rides
    )
    assert math.isfinite(outcome.cost)
    best = find_best_known(instance.draft.path, {})
    if not outcome.unserved and (best.vehicles is None or outcome.vehicles <= best.vehicles):
        assert outcome.cost >= best.cost - 0.01


class TestPlots:
    def test_the_same_results_give_the_same_picture(self, bench, tmp_path):
        pytest.importorskip("matplotlib", reason="not installed: run make bench-setup")
        write(tmp_path, LI_LIM)
        write(tmp_path, "instance,vehicles,cost\ntiny,1,28.93\n", "best_known.csv")
        drawn = []
        for name in ("a.svg", "b.svg"):
            words = ("--iterations", 5, "--engine", "reinsert", "--plot", tmp_path / name)
            assert bench("pdptw", tmp_path / "tiny.txt", *words)[0] == 0
            drawn.append((tmp_path / name).read_text())
        assert drawn[0] == drawn[1]
        assert "<svg" in drawn[0]
        assert str(tmp_path) not in drawn[0]

    def test_a_plot_that_cannot_be_drawn_is_refused_before_the_run(self, bench, tmp_path, monkeypatch):
        file = write(tmp_path, LI_LIM)
        code, printed, said = bench("pdptw", file, "--plot", tmp_path / "a.png")
        assert (code, printed) == (1, "")
        assert "plots are SVG files; name one that ends in .svg." in said
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        code, printed, said = bench("pdptw", file, "--plot", tmp_path / "a.svg")
        assert (code, printed) == (1, "")
        assert "Matplotlib draws the plots and is not installed: run make bench-setup." in said


def test_the_budget_is_ten_seconds_unless_said_otherwise():
    assert public_runs._to_effort((None, None, 0, 1, "reinsert")).seconds == 10.0
    assert public_runs._to_effort((None, 5, 0, 1, "reinsert")).seconds is None
