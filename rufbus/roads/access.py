"""Who may drive where: access tags of ways and barriers, for the van of a Rufbus.

The van is a car and a public-service vehicle. ``access`` < ``vehicle`` < ``motor_vehicle`` < ``motorcar`` < ``psv``:
the most specific tag counts. ``minibus``, ``bus`` and ``share_taxi`` are looked at only where that leaves the road
closed, and only open it: ``bus=no`` is aimed at big buses.

Closed are private grounds and what is kept for others (``no``, ``private``, ``permit``, ``residents``, ``delivery``,
``agricultural`` and the like). Open to riders' destinations only (``destination``, ``customers``) is a road that the
van may use, slower, so that the public road beside it is preferred for driving through.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import IntEnum

from rufbus.roads.conditions import evaluate


class Access(IntEnum):
    """How far a road is open."""

    CLOSED = 0
    DESTINATION = 1
    OPEN = 2


CHAIN = ("access", "vehicle", "motor_vehicle", "motorcar", "psv")
"""From general to specific; the last one present counts."""
OPENERS = ("minibus", "bus", "share_taxi")
"""Keys that open what the chain leaves closed."""
KEYS = frozenset((*CHAIN, *OPENERS, *(f"{key}:conditional" for key in (*CHAIN, *OPENERS))))

VALUES = {
    **dict.fromkeys(("yes", "permissive", "designated", "official", "public", "allowed"), Access.OPEN),
    **dict.fromkeys(("destination", "customers", "customer", "visitors", "guests"), Access.DESTINATION),
    **dict.fromkeys(
        ("no", "private", "permit", "residents", "resident", "delivery", "agricultural", "forestry", "military",
         "employees", "staff", "emergency", "restricted", "use_sidepath", "dismount", "limited"),
        Access.CLOSED,
    ),
}  # fmt: skip
"""What a value means; others, such as ``unknown``, say nothing."""

OPEN_BARRIERS = frozenset(
    ("border_control", "cattle_grid", "entrance", "gate", "height_restrictor", "kerb", "lift_gate", "no", "sally_port",
     "sliding_gate", "toll_booth")
)  # fmt: skip
"""Barriers that let cars through unless tagged otherwise; all others stop them."""
CLOSED_GATES = frozenset(("chain", "rope", "swing_gate", "wicket_gate"))
"""Barriers that stop cars unless any access tag opens them. The rest are solid: a general ``access=yes`` opens none."""
AXLE_BARRIERS = frozenset(("bus_trap", "sump_buster"))
"""Only the wide axle of a big bus gets over them: no exception for public-service vehicles helps the van."""


def find_access(
    tags: Mapping[str, str], at: dt.datetime | None = None, *, default: Access | None = None
) -> Access | None:
    """Return how far tags open a road or barrier, ``default`` where they say nothing.

    Conditional tags count where they are simple and a local time ``at`` is given.
    """
    state = default
    for key in CHAIN:
        state = _pick(_read(tags, key, at), state)
    for key in OPENERS:
        found = _read(tags, key, at)
        if found is Access.OPEN or (found is Access.DESTINATION and state is Access.CLOSED):
            state = found
    return state


def _pick(found: Access | None, before: Access | None) -> Access | None:
    return before if found is None else found


def _read(tags: Mapping[str, str], key: str, at: dt.datetime | None) -> Access | None:
    conditional = tags.get(f"{key}:conditional")
    if conditional is not None:
        found = _value(evaluate(conditional, at).value)
        if found is not None:
            return found
    return _value(tags.get(key))


def _value(text: str | None) -> Access | None:
    if text is None:
        return None
    if text in VALUES:
        return VALUES[text]
    found = [VALUES[part] for part in map(str.strip, text.split(";")) if part in VALUES]
    return max(found, default=None)


def has_unread_condition(tags: Mapping[str, str], at: dt.datetime | None) -> bool:
    """Return whether a conditional access tag could not be applied."""
    return any(
        not evaluate(tags[name], at).understood for key in (*CHAIN, *OPENERS) if (name := f"{key}:conditional") in tags
    )


def is_passable(tags: Mapping[str, str], at: dt.datetime | None = None) -> bool:
    """Return whether the van gets past a barrier node."""
    kind = tags.get("barrier", "")
    if kind in OPEN_BARRIERS:
        if tags.get("locked") == "yes":
            return False
        return find_access(tags, at, default=Access.OPEN) is not Access.CLOSED
    if kind in AXLE_BARRIERS:
        named = [_read(tags, key, at) for key in ("motor_vehicle", "motorcar")]
        return any(found is not None and found is not Access.CLOSED for found in named)
    if kind not in CLOSED_GATES:
        tags = {key: value for key, value in tags.items() if key != "access"}
    return (find_access(tags, at) or Access.CLOSED) is not Access.CLOSED
