"""Plans that allow for more than the median of each drive."""

from dataclasses import replace

import numpy as np
import pytest

from rufbus.checker.verify import find_faults
from rufbus.domain.leg_time import stretch

from .little_town import NETWORK, SERVICE, state_of
from .timeline import WEDNESDAY, Day


def careful(percentile):
    return replace(SERVICE, promise=replace(SERVICE.promise, leg_time_percentile=percentile))


@pytest.mark.parametrize("percentile", [50, 75, 90])
def test_a_plan_allows_the_percentile_for_a_drive_and_promises_by_the_median(percentile):
    day = Day(careful(percentile))
    booked = day.books("Kirche", "Klinik", after="08:00")
    leg = booked.legs[0].leg
    median_s = int(NETWORK.times_on(WEDNESDAY).travel_s[0, 3])
    assert leg.direct_s == median_s
    assert leg.promise.max_ride_s == SERVICE.promise.max_ride_s(median_s)
    allowed_s = stretch(median_s, day.desk.service.promise.leg_time_ppm)
    assert day.desk.drive_s(WEDNESDAY, "Kirche", "Klinik") == allowed_s + SERVICE.stops.dwell_s
    day.at("10:00")


def test_the_times_of_plans_obey_the_triangle_inequality_at_every_percentile():
    for percentile in (50, 66, 75, 90, 99):
        desk = Day(careful(percentile)).desk
        travel_s = desk.travel_s_on(WEDNESDAY).astype(np.int64)
        assert (travel_s[:, None, :] <= travel_s[:, :, None] + travel_s[None, :, :]).all()


def test_a_planner_that_allows_only_the_median_is_found_out():
    """The broken twin: planned at the median, judged at the percentile of the service."""
    day = Day(careful(50))
    day.books("Kirche", "Klinik", after="08:00")
    found = find_faults(state_of(day.desk), careful(90), NETWORK, day.desk.shifts_on(WEDNESDAY))
    assert any("it is given" in finding.detail for finding in found)
