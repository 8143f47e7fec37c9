"""A small service for the tests of the domain: the hours of the home case, two vans, no geometry."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from rufbus.domain.fleet import Vehicle
from rufbus.domain.place import Place
from rufbus.domain.service import DayWindow, Hours, Regime, Service, ShiftRule

H = 3600


@pytest.fixture(scope="session")
def berlin():
    return ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="session")
def at(berlin):
    """Instant of a local date and time, of the first one where it exists twice."""

    def instant(text, *, fold=0):
        return int(dt.datetime.fromisoformat(text).replace(tzinfo=berlin, fold=fold).timestamp())

    return instant


@pytest.fixture(scope="session")
def service(berlin):
    week = (DayWindow(5 * H, 21 * H),)
    return Service(
        id="test",
        name="Rufbus Test",
        regime=Regime.LINIENBEDARFSVERKEHR,
        zone=berlin,
        phone="",
        hours=Hours(
            weekdays=(
                week,
                week,
                week,
                week,
                (DayWindow(5 * H, 24 * H),),
                (DayWindow(6 * H, 26 * H),),
                (DayWindow(9 * H, 20 * H),),
            ),
            dates={dt.date(2026, 12, 24): (DayWindow(8 * H, 14 * H),), dt.date(2027, 1, 1): ()},
            holidays="DE-SH",
        ),
        vehicles=(
            Vehicle("bus-1", "Bus 1", 8, 1, 2, 2, Place(9.55, 54.51)),
            Vehicle("bus-2", "Bus 2", 6, 0, 0, 6, Place(9.43, 54.78)),
        ),
        shifts=(
            ShiftRule("bus-2", frozenset(range(5)), frozenset(), DayWindow(13 * H, 21 * H), 1800),
            ShiftRule(
                "bus-1", frozenset(range(5)), frozenset(), DayWindow(13 * H, 21 * H), 1800, DayWindow(16 * H, 18 * H)
            ),
            ShiftRule(
                "bus-1", frozenset(range(5)), frozenset(), DayWindow(5 * H, 13 * H), 1800, DayWindow(8 * H, 11 * H)
            ),
            ShiftRule("bus-1", frozenset({5}), frozenset(), DayWindow(18 * H, 26 * H), 1800),
            ShiftRule("bus-1", frozenset({6}), frozenset(), DayWindow(9 * H, 15 * H)),
            ShiftRule("bus-1", frozenset(), frozenset({dt.date(2026, 12, 24)}), DayWindow(8 * H, 14 * H)),
        ),
    )
