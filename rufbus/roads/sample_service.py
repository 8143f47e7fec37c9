"""The service file of the sample region."""

from __future__ import annotations

from rufbus.roads.sample_plane import degrees, to_micro
from rufbus.roads.sample_stops import Depot

HEAD = """\
# Sample service on the synthetic sketch of Kreis Schleswig-Flensburg. Written by rufbus.roads.sample.

[service]
id = "sl-fl"
name = "Rufbus Schleswig-Flensburg"
regime = "linienbedarfsverkehr"
timezone = "Europe/Berlin"
phone = "+49 4621 000000"

[hours]
mon-thu = ["05:00-21:00"]
fri = ["05:00-24:00"]
sat = ["06:00-24:00"]
sun = ["09:00-20:00"]
holidays = "DE-SH"

[booking]
earliest_days = 7
min_notice_s = 3600
hold_s = 180

[promise]
pickup_window_s = 1200
narrowed_window_s = 600
freeze_s = 3600
max_ride_factor = 1.5
max_ride_add_s = 600
late_detour_lock_s = 300

[walking]
max_m = 500
speed_kmh = 3.6

[stops]
spacing_m = 300
dwell_s = 30

[boarding_s]
adult = 10
child = 15
walker = 40
wheelchair = 180
"""

EARLY_LATE = (
    ("mon-fri", "05:00-13:00", "08:00-11:00"),
    ("mon-thu", "13:00-21:00", "16:00-19:00"),
    ("fri", "13:00-21:00", "16:00-19:00"),
    ("sat", "06:00-14:00", "09:00-12:00"),
    ("sun", "09:00-17:00", "12:00-15:00"),
)
SPLIT = (
    ("mon-fri", "05:30-13:30", "08:30-11:30"),
    ("mon-thu", "13:30-21:00", "16:30-19:00"),
    ("fri", "16:00-24:00", "19:00-22:00"),
    ("sat", "14:00-22:00", "17:00-20:00"),
    ("sun", "12:00-20:00", "15:00-18:00"),
)
MIDDAY = (("mon-fri", "09:00-17:30", "12:00-15:00"), ("sat", "16:00-24:00", "19:00-22:00"))
PATTERNS = (EARLY_LATE, SPLIT, MIDDAY)
"""Shifts of a van as days, time and window of the break; the vans take turns."""
BREAK_S = 1800


def service_text(depots: list[Depot]) -> str:
    """Return the service file, one van per depot."""
    vans = [_van(number, depot) for number, depot in enumerate(depots, start=1)]
    shifts = [
        _shift(number, *shift)
        for number in range(1, len(depots) + 1)
        for shift in PATTERNS[(number - 1) % len(PATTERNS)]
    ]
    return "\n".join([HEAD, *vans, *shifts])


def _van(number: int, depot: Depot) -> str:
    lon, lat = to_micro(depot.point)
    return (
        "[[vehicles]]\n"
        f'id = "bus-{number}"\n'
        f'name = "Rufbus {number} ({depot.town})"\n'
        "seats = 8\n"
        "wheelchair_places = 1\n"
        "seats_lost_per_wheelchair = 2\n"
        f"depot = [{degrees(lon)}, {degrees(lat)}]\n"
    )


def _shift(number: int, days: str, time: str, break_window: str) -> str:
    return (
        "[[shifts]]\n"
        f'vehicle = "bus-{number}"\n'
        f'days = "{days}"\n'
        f'time = "{time}"\n'
        f"break_s = {BREAK_S}\n"
        f'break_window = "{break_window}"\n'
    )
