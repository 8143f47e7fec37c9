"""What a party takes up in a van, and how long it needs to get in or out."""

from __future__ import annotations

from typing import TypeAlias

from rufbus.domain.fleet import Vehicle
from rufbus.domain.request import Party
from rufbus.domain.service import BoardingTimes

LOAD_KINDS = ("seated", "wheelchairs", "luggage")
"""What a load counts, in this order everywhere."""

Load: TypeAlias = tuple[int, int, int]
"""Amount of each of ``LOAD_KINDS``."""
CapacityRow: TypeAlias = tuple[Load, int]
"""Coefficients over ``LOAD_KINDS`` and the limit that their weighted sum must never exceed."""


def load_of(party: Party) -> Load:
    """Return what a party takes up, in the order of ``LOAD_KINDS``; luggage is walkers and prams."""
    return party.seated, party.wheelchairs, party.walkers + party.prams


def boarding_s(party: Party, boarding: BoardingTimes) -> int:
    """Return the time a party needs to board (s), and again to alight; people and aids one after the other."""
    return (
        (party.adults + party.companions) * boarding.adult
        + party.children * boarding.child
        + party.wheelchairs * boarding.wheelchair
        + party.walkers * boarding.walker
        + party.prams * boarding.pram
    )


def capacity_rows(vehicle: Vehicle) -> tuple[CapacityRow, ...]:
    """Return the linear limits on what may be aboard at one time."""
    return (
        ((1, vehicle.seats_lost_per_wheelchair, 0), vehicle.seats),
        ((0, 1, 0), vehicle.wheelchair_places),
        ((0, 0, 1), vehicle.luggage_places),
    )


def fits(vehicle: Vehicle, party: Party) -> bool:
    """Return whether a party fits into the empty van."""
    load = load_of(party)
    return all(
        sum(amount * coefficient for amount, coefficient in zip(load, row, strict=True)) <= limit
        for row, limit in capacity_rows(vehicle)
    )
