"""Instances are read for what they are, and a broken file is told by its line, whatever is broken in it."""

import json
import math
import random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rufbus.bench.instances.draft import Format
from rufbus.bench.instances.instance import find_files, read_instance, read_instances
from rufbus.domain.errors import InvalidInstance
from solver.plan import Plan
from solver.problem import UNREACHABLE_S

from .small_files import DARP, DATA, DYNAMIC, FILES, LI_LIM, SARTORI_BURIOL, needs_data, write


def read(folder, text, kind):
    return read_instance(write(folder, text), kind)


class TestWhatIsRead:
    def test_li_lim(self, tmp_path):
        instance = read(tmp_path, LI_LIM, "pdptw")
        scale, problem = instance.scale, instance.problem
        assert (instance.name, instance.draft.format) == ("tiny", Format.LI_LIM)
        assert len(problem.shifts) == 2
        assert problem.travel_s[0, 1] == 5 * scale
        ride = problem.rides[0]
        assert (ride.pickup_window.latest, ride.pickup_service_s, ride.load) == (50 * scale, scale, (5,))
        assert problem.shifts[0].fixed_cost > problem.travel_s.sum(axis=1).max()
        assert problem.shifts[0].max_duration_s is None

    def test_sartori_buriol_with_its_own_matrix_and_a_vehicle_for_each_request(self, tmp_path):
        instance = read(tmp_path, SARTORI_BURIOL, "pdptw")
        assert (instance.draft.format, instance.scale) == (Format.SARTORI_BURIOL, 1)
        assert instance.problem.travel_s.tolist() == [[0, 5, 9], [4, 0, 7], [8, 6, 0]]
        assert len(instance.problem.shifts) == 1

    def test_darp_whose_n_counts_requests(self, tmp_path):
        instance = read(tmp_path, DARP, "darp")
        scale, problem = instance.scale, instance.problem
        assert len(problem.rides) == 2
        assert problem.rides[0].max_ride_s == 30 * scale
        assert (problem.shifts[0].max_duration_s, problem.shifts[0].fixed_cost) == (100 * scale, 0)
        assert instance.to_routes(Plan(((0, 2, 1, 3), ()))) == [[1, 2, 3, 4]]

    def test_darp_whose_n_counts_nodes(self, tmp_path):
        lines = DARP.replace("2 2 100", "2 4 100").splitlines()
        with_end, without = read(tmp_path, DARP, "darp"), read(tmp_path, "\n".join(lines[:-1]), "darp")
        assert with_end.problem.rides == without.problem.rides
        assert without.draft.end.number == 0

    def test_dynamic_darp_with_the_time_each_request_becomes_known(self, tmp_path):
        instance = read(tmp_path, DYNAMIC, "ddarp")
        assert [pair.known_at for pair in instance.draft.pairs] == [0, 20]
        assert [pair.dropoff.number for pair in instance.draft.pairs] == [3, 4]

    def test_windows_line_ends_and_a_byte_order_mark_change_nothing(self, tmp_path):
        odd = "\ufeff" + LI_LIM.replace("\n", "\r\n\r\n")
        assert read(tmp_path, odd, "pdptw").problem.rides == read(tmp_path, LI_LIM, "pdptw").problem.rides

    def test_travel_times_are_rounded_up_and_keep_the_triangle_inequality(self, tmp_path):
        chance = random.Random(3)
        points = [(chance.randrange(-9999, 9999) / 1000, chance.randrange(-9999, 9999) / 1000) for _ in range(13)]
        rows = [f"{i} {x} {y} 0 {(i > 0) - 2 * (i > 6)} 0 1000" for i, (x, y) in enumerate(points)]
        instance = read(tmp_path, "\n".join(["2 12 900 6 500", *rows]), "darp")
        times = instance.problem.travel_s
        for i, (x, y) in enumerate(points):
            for j, (u, v) in enumerate(points):
                assert 0 <= times[i, j] - instance.scale * math.hypot(x - u, y - v) + 1e-6 <= 1 + 1e-6
                assert (times[i] <= times[i, j] + times[j]).all()

    @pytest.mark.parametrize("horizon", [90, 1_000, 30_000, 4_000_000])
    def test_all_moments_lie_below_what_means_no_road(self, tmp_path, horizon):
        instance = read(tmp_path, LI_LIM.replace("0 0 0 0 0 100", f"0 0 0 0 0 {horizon}"), "pdptw")
        assert instance.problem.shifts[0].end_by < UNREACHABLE_S
        assert instance.scale == {90: 10**5, 1_000: 10**4, 30_000: 10**3, 4_000_000: 10}[horizon]


GOLDEN = [
    ("li-lim", "2 10 1\n", "2 10\n", ":1: 2 values where 3 belong: vehicles, capacity, speed."),
    ("li-lim", "2 10 1\n", "x 10 1\n", ":1: the number of vehicles is 'x': a number belongs here."),
    ("li-lim", "2 10 1\n", "0 10 1\n", ":1: the number of vehicles is 0: it must be at least 1."),
    ("li-lim", "2 0 6 4 0 50 1 0 4\n", "", ":4: node 3 stands where node 2 belongs: a line is missing, or twice there."),
    ("li-lim", "1 3 4 5 0 50", "1 3 4 5 60 50", ":3: the window of node 1 closes at 50 before it opens at 60: swap them."),
    ("li-lim", "0 50 1 0 3", "0 50 1 0 0", ":3: node 1 is unpaired: it needs a pickup or a delivery, and not both."),
    ("li-lim", "0 50 1 0 3", "0 50 1 0 9", ":3: node 1 is unpaired: its mate 9 is not in the file."),
    ("li-lim", "0 50 1 0 3", "0 50 1 0 4", ":3: node 1 is unpaired: it names node 4, which does not name it."),
    ("li-lim", "6 8 -5", "6 8 -6", ":5: node 3 sets down 6, but its pickup 1 (line 3) takes 5 aboard: the two must be equal."),
    ("li-lim", "1 3 4 5", "1 3 nan 5", ":3: the y is 'nan': a finite number belongs here."),
    ("li-lim", "0 0 0 0 0 100", "0 0 0 0 0 1e99", ":2: the latest time is 1e99: at most 10,000,000 can be reckoned with; use a larger unit."),
    ("li-lim", "0 50 1 0 3", "0 50 -1 0 3", ":3: the service is -1: it must not be negative."),
    ("li-lim", "2 10 1", "2 4 1", ":3: infeasible, because the request from node 1 to node 3 (line 5) takes 5 aboard where a vehicle holds 4."),
    ("li-lim", "1 3 4 5 0 50", "1 3 4 5 0 4", ":3: infeasible, because the request from node 1 to node 3 (line 5) cannot be picked up before 5, and its window closes at 4."),
    ("li-lim", "-5 0 90", "-5 0 9", ":3: infeasible, because the request from node 1 to node 3 (line 5) cannot be set down before 11, and its window closes at 9."),
    ("li-lim", "0 0 0 0 0 100", "0 0 0 0 0 21", ":3: infeasible, because the request from node 1 to node 3 (line 5) brings its vehicle home at 22, and the depot closes at 21."),
    ("li-lim", LI_LIM, " \n", ":1: the file is empty: give an instance file."),
    ("sartori-buriol", "SIZE: 3\n", "", ":1: the header has no line SIZE: add it before NODES."),
    ("sartori-buriol", "SIZE: 3", "SIZE 3", ":2: a line of the header is KEY: value; this one has no colon."),
    ("sartori-buriol", "SIZE: 3", "SIZE: 4", ":8: 3 nodes before EDGES, but SIZE is 4: make them equal."),
    ("sartori-buriol", "4 0 7\n", "", ":11: 2 rows of the matrix before EOF, but SIZE is 3: make them equal."),
    ("sartori-buriol", "4 0 7\n", "4 0\n", ":10: row 1 of the matrix has 2 values, but SIZE is 3: make it square."),
    ("sartori-buriol", "4 0 7\n", "4 2 7\n", ":10: row 1 of the matrix has 2 on the diagonal: a place is 0 from itself."),
    ("sartori-buriol", "4 0 7\n", "4 0 7.5\n", ":10: the travel time is 7.5: a whole number belongs here."),
    ("sartori-buriol", "4 0 7\n", "4 0 -7\n", ":10: the travel time is -7: it must be at least 0."),
    ("sartori-buriol", "EOF\n", "", ":11: the file ends without a line EOF: get it anew, it seems to be cut off."),
    ("darp", "4 0.0 10.0 1 -1 10 90\n", "", ":1: n is 2, which asks for 6 lines of nodes (n requests) or 3 (n nodes), but 5 follow: a line is missing or too much, or n is wrong."),
    ("darp", "1 1 0 50\n2", "1 -1 0 50\n2", ":3: node 1 is a pickup and takes -1 aboard: the load of a pickup must not be negative."),
    ("darp", "0 0.0 0.0 0 0", "0 0.0 0.0 0 2", ":2: node 0 is the depot: its load must be 0."),
    ("darp", "100 3 30", "100 3 4", ":3: infeasible, because the request from node 1 to node 3 (line 5) rides for at least 5, and the longest ride is 4."),
    ("darp", "2 2 100 3 30", "2 2 21 3 30", ":3: infeasible, because the request from node 1 to node 3 (line 5) keeps its vehicle away for at least 22, and the longest route is 21."),
    ("ddarp", '"load": 1,', '"load": 1.5,', ":15: the load of requests[0] is 1.5: a whole number belongs here."),
    ("ddarp", '"static_info"', '"info"', ":1: the file has no 'static_info': add it."),
    ("ddarp", '"arrival_time": 20', '"arrival_time": null', ":34: the arrival_time of requests[1] is 'None': a number belongs here."),
    ("ddarp", DYNAMIC, '{"static_info": ', ":1: this is no JSON: Expecting value."),
    ("ddarp", DYNAMIC, "[]", ":1: the file must be an object in braces."),
]  # fmt: skip


@pytest.mark.parametrize(("format_", "right", "wrong", "sentence"), GOLDEN)
def test_what_is_wrong_is_told_by_file_and_line(tmp_path, format_, right, wrong, sentence):
    kind, text = FILES[format_]
    assert right in text
    with pytest.raises(InvalidInstance) as caught:
        read(tmp_path, text.replace(right, wrong, 1), kind)
    assert caught.value.detail == f"{tmp_path / 'tiny.txt'}{sentence}"


def test_an_asymmetric_matrix_and_places_without_distance_are_fine(tmp_path):
    flat = SARTORI_BURIOL.replace("0 5 9\n4 0 7\n8 6 0", "0 0 0\n9 0 0\n0 3 0")
    assert read(tmp_path, flat, "pdptw").problem.travel_s.tolist() == [[0, 0, 0], [9, 0, 0], [0, 3, 0]]


def test_what_is_no_text_or_not_there_is_told(tmp_path):
    (tmp_path / "tiny.txt").write_bytes(b"2 10 1\n\xff\xfe")
    with pytest.raises(InvalidInstance, match="this is no text"):
        read_instance(tmp_path / "tiny.txt", "pdptw")
    with pytest.raises(InvalidInstance, match="does not exist"):
        find_files([tmp_path / "nowhere"], "pdptw")
    with pytest.raises(InvalidInstance, match="cannot be read"):
        read_instance(tmp_path, "pdptw")


def test_folders_are_searched_and_what_is_no_instance_is_named(tmp_path):
    (tmp_path / "below").mkdir()
    good = write(tmp_path / "below", LI_LIM)
    broken = write(tmp_path, "2 ten 1\n", "broken.txt")
    notes = [write(tmp_path, "The format is", "FORMAT.txt"), write(tmp_path, "instance,cost\n", "best_known.csv")]
    found, left_out = find_files([tmp_path, good], "pdptw")
    assert (sorted(found), sorted(left_out)) == (sorted([good, broken]), sorted(notes))
    with pytest.raises(InvalidInstance, match="there is no instance"):
        find_files([tmp_path], "ddarp")


def test_the_faults_of_all_files_are_told_at_once(tmp_path):
    files = [write(tmp_path, "2 ten 1\n", "a.txt"), write(tmp_path, LI_LIM), write(tmp_path, "", "b.txt")]
    with pytest.raises(InvalidInstance) as caught:
        read_instances(files, "pdptw")
    assert caught.value.detail.startswith("2 of 3 instances cannot be used:\n")
    assert "a.txt:1: " in caught.value.detail
    assert "b.txt:1: " in caught.value.detail


ODD = st.sampled_from(
    ["", "-1", "0", "nan", "inf", "1e400", "٣", "0x1", "1_0", "99999999999", "1.5", "-", "\x00", "{", "[]"]
)


@pytest.mark.parametrize("format_", FILES)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_file_with_anything_in_it_is_read_or_refused_with_its_name(format_, data, tmp_path_factory):
    kind, text = FILES[format_]
    folder = tmp_path_factory.mktemp("fuzz", numbered=True)
    words = [line.split(" ") for line in text.split("\n")]
    for _ in range(data.draw(st.integers(1, 3))):
        row = data.draw(st.integers(0, len(words) - 1))
        match data.draw(st.sampled_from(["word", "line", "twice", "cut", "swap"])):
            case "word":
                words[row][data.draw(st.integers(0, len(words[row]) - 1))] = data.draw(ODD | st.text(max_size=3))
            case "line":
                words[row] = [""]
            case "twice":
                words.insert(row, list(words[row]))
            case "cut":
                del words[row + 1 :]
            case "swap":
                other = data.draw(st.integers(0, len(words) - 1))
                words[row], words[other] = words[other], words[row]
    path = folder / "tiny.txt"
    path.write_bytes("\n".join(" ".join(line) for line in words).encode("utf-8", "surrogatepass"))
    said = None
    try:
        read_instance(path, kind)
    except InvalidInstance as error:
        said = error.detail
    event("read" if said is None else "refused")
    assert said is None or said.startswith(f"{path}:")


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(
    ("kind", "folder", "count"), [("darp", "darp", 30), ("pdptw", "pdptw", 86), ("ddarp", "dynamic/ddarp", 30)]
)
def test_every_public_instance_is_read_with_all_its_requests(kind, folder, count):
    files, _ = find_files([DATA / folder], kind)
    assert len(files) == count
    for file in files:
        instance = read_instance(file, kind)
        rides = len(instance.problem.rides)
        whole = Plan((tuple(range(2 * rides)), *((),) * (len(instance.problem.shifts) - 1)))
        (nodes,) = instance.to_routes(whole)
        if kind == "ddarp":
            assert rides == len(json.loads(file.read_text())["requests"])
        else:
            numbers = {int(line.split()[0]) for line in file.read_text().split("EDGES")[0].splitlines()
                       if len(line.split()) in {7, 9}}  # fmt: skip
            ends = {0, 2 * rides + 1} if kind == "darp" else {0}
            assert set(nodes) == numbers - ends
