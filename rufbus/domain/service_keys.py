"""Every key that the service file takes, and the limits of its figures."""

from __future__ import annotations

from rufbus.domain.toml_table import Limits

WEEK_S = 7 * 86_400
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
ID_FORM = "letters, digits, dot, dash or underscore, beginning with a letter or digit"
SPEED_FACTOR = Limits(0.05, 1, whole=False)
"""What remains of the speed on a slowed road."""
ENGINES = ("portfolio", "or-tools", "ruin-recreate")
"""Ways to improve the plan in the background."""

FIGURES: dict[str, dict[str, Limits]] = {
    "booking": {
        "earliest_days": Limits(0, 366),
        "min_notice_s": Limits(0, 4 * WEEK_S),
        "hold_s": Limits(1, 3600),
        "max_wait_s": Limits(0, 86_400),
        "alternatives_within_s": Limits(0, WEEK_S),
        "quotes": Limits(1, 10),
    },
    "promise": {
        "pickup_window_s": Limits(60, 14_400, step=60),
        "narrowed_window_s": Limits(60, 14_400, step=60),
        "freeze_s": Limits(60, 86_400),
        "max_ride_factor": Limits(1, 10, whole=False),
        "max_ride_add_s": Limits(0, 14_400),
        "late_detour_lock_s": Limits(0, 3600),
        "leg_time_percentile": Limits(50, 99),
        "leg_time_variation": Limits(0, 1, whole=False),
    },
    "walking": {"max_m": Limits(1, 5000), "speed_kmh": Limits(0.5, 10, whole=False)},
    "stops": {"spacing_m": Limits(50, 5000), "dwell_s": Limits(0, 900)},
    "boarding_s": {
        "adult": Limits(0, 1800),
        "child": Limits(0, 1800),
        "walker": Limits(0, 1800),
        "wheelchair": Limits(0, 1800),
        "pram": Limits(0, 1800),
    },
    "fares": {
        "adult_ct": Limits(0, 100_000),
        "child_ct": Limits(0, 100_000),
        "surcharge_ct": Limits(0, 100_000),
    },
    "solver": {
        "improve_every_s": Limits(1, 86_400),
        "improve_seconds": Limits(0.1, 3600, whole=False),
        "improve_iterations": Limits(0, 100_000_000),
        "min_gain_s": Limits(0, 86_400),
        "silent_after_s": Limits(1, 86_400),
        "repair_tries": Limits(0, 1_000_000),
        "repair_seconds": Limits(0.01, 60, whole=False),
    },
    "vehicles": {
        "seats": Limits(1, 80),
        "wheelchair_places": Limits(0, 20),
        "seats_lost_per_wheelchair": Limits(0, 20),
        "luggage_places": Limits(0, 200),
    },
    "shifts": {"break_s": Limits(0, 14_400)},
}
"""Tables and their numbers, in the units of their names."""

WORDS: dict[str, tuple[str, ...]] = {
    "service": ("id", "name", "regime", "timezone", "phone"),
    "hours": ("holidays",),
    "solver": ("engine",),
    "areas": ("id", "polygon"),
    "vehicles": ("id", "name", "depot"),
    "shifts": ("vehicle", "days", "time", "break_window"),
    "closures": ("id", "from", "to", "ways", "line"),
    "slowdowns": ("id", "from", "to", "factor"),
}
"""Tables and their other keys; ``[hours]`` takes days besides."""

TABLES = tuple(dict.fromkeys((*WORDS, *FIGURES)))
"""The tables of the file."""


def keys_of(table: str) -> tuple[str, ...]:
    """Return the keys that a table takes."""
    return (*WORDS.get(table, ()), *FIGURES.get(table, {}))
