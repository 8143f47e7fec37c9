"""The recomputation from the file finds what is wrong with routes, and what they cost."""

import math

import pytest

from rufbus.bench.recompute import recompute

from .small_files import DARP, DYNAMIC, LI_LIM, SARTORI_BURIOL, write

ROUND = 5 + math.hypot(3, 2) + math.hypot(6, 2) + math.hypot(6, 2) + 10


@pytest.fixture
def file(tmp_path):
    return lambda text: write(tmp_path, text)


def test_what_right_routes_cost_by_hand(file):
    found = recompute(file(LI_LIM), [[1, 2, 3, 4], []])
    assert found.cost == pytest.approx(ROUND)
    assert (found.vehicles, found.faults) == (1, ())
    assert recompute(file(SARTORI_BURIOL), [[1, 2]]).cost == 5 + 7 + 8
    assert recompute(file(DARP), [[1, 3], [2, 4]]).cost == pytest.approx(20 + 20)


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        ([[1, 2, 3]], "node 4 is in no route"),
        ([[1, 2, 3, 4, 4]], "node 4 is visited 2 times"),
        ([[1, 3, 7], [2, 4]], "route 1: 7 is no node of a request"),
        ([[1, 3, 0], [2, 4]], "route 1: 0 is no node of a request"),
        ([[1, 2, 4], [3]], "route 2: node 3 is here, but its mate 1 is not"),
        ([[3, 1], [2, 4]], "route 1: node 3 is set down before node 1 is picked up"),
        ([[1, 3], [2, 4], [5]], "3 routes for 2 vehicles"),
    ],
)
def test_a_broken_route_is_named(file, routes, fault):
    assert fault in recompute(file(LI_LIM), routes).faults


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("2 10 1", "2 8 1", "route 1: 9 are aboard after node 2, of 8 at most"),
        ("4 0 50 1 0 4", "4 0 9 1 0 4", "route 1: node 2 begins at 9.605551, its window closes at 9"),
        ("0 0 0 0 0 100", "0 0 0 0 0 32", "route 1: it ends at 35.254662, the depot closes at 32"),
    ],
)
def test_a_route_that_breaks_a_limit_of_the_file_is_named(file, right, wrong, fault):
    assert right in LI_LIM
    assert recompute(file(LI_LIM), [[1, 2, 3, 4]]).faults == ()
    assert recompute(file(LI_LIM.replace(right, wrong, 1)), [[1, 2, 3, 4]]).faults == (fault,)


def test_a_request_left_out_on_purpose_is_no_fault(file):
    assert recompute(file(LI_LIM), [[1, 3]], unserved=[2, 4]).faults == ()
    assert recompute(file(LI_LIM), [[1, 3]], unserved=[2]).faults == ("node 4 is in no route",)


class TestRidesAndRoutesThatLastTooLong:
    """The drop-offs of DARP open late in these files, so whoever sets out at once waits with riders aboard."""

    LATE = DARP.replace("3 6.0 8.0 1 -1 0 90", "3 6.0 8.0 1 -1 60 90")

    def test_a_pickup_is_put_off_for_the_ride(self, file):
        late = self.LATE.replace("100 3 30", "100 3 12")
        assert recompute(file(late), [[1, 3], [2, 4]]).faults == ()
        early = late.replace("1 3.0 4.0 1 1 0 50", "1 3.0 4.0 1 1 0 46")
        assert recompute(file(early), [[1, 3], [2, 4]]).faults == (
            "route 1: node 1 begins at 47.000000, its window closes at 46",
        )

    def test_a_departure_is_put_off_for_the_length_of_the_route(self, file):
        late = self.LATE.replace("2 2 100", "2 2 30")
        assert recompute(file(late), [[1, 3], [2, 4]]).faults == ()
        early = late.replace("1 3.0 4.0 1 1 0 50", "1 3.0 4.0 1 1 0 45")
        assert recompute(file(early), [[1, 3], [2, 4]]).faults == (
            "route 1: node 1 begins at 46.000000, its window closes at 45",
        )

    def test_a_ride_that_no_waiting_shortens_is_named(self, file):
        (fault,) = recompute(file(DARP.replace("100 3 30", "100 3 9")), [[1, 2, 3, 4]]).faults
        assert fault.startswith("route 1: ")


class TestGivenTimes:
    """Two rides from (3, 4), five from the depot, to (6, 8), five further; the second is known from 20 on."""

    TIMES = (5.0, 25.0, 31.0, 32.0)

    def test_times_that_keep_every_rule_are_right(self, file):
        assert recompute(file(DYNAMIC), [[1, 2, 3, 4]], begins=[self.TIMES]).faults == ()

    @pytest.mark.parametrize(
        ("begins", "words"),
        [
            ((5.0, 19.0, 31.0, 32.0), "before it is known at 20"),
            ((4.9, 25.0, 31.0, 32.0), "cannot be reached before 5.0"),
            ((5.0, 25.0, 30.9, 32.0), "cannot be reached before 31.0"),
            ((5.0, 25.0, 36.1, 37.1), "too early for its ride"),
            ((5.0, 91.0, 97.0, 98.0), "its window closes at 90"),
        ],
    )
    def test_times_that_break_a_rule_are_named(self, file, begins, words):
        faults = recompute(file(DYNAMIC), [[1, 2, 3, 4]], begins=[begins]).faults
        assert any(words in fault for fault in faults), faults
