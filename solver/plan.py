"""The answer: for each shift the order of its visits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One tour per shift, and the rides that no tour serves.

    A tour is a tuple of visit codes (see :mod:`solver.problem`) without the start and the end place. Every shift's
    breaks stand in its tour. A ride that is aboard already has only its drop-off there.
    """

    tours: tuple[tuple[int, ...], ...]
    unserved: tuple[int, ...] = ()

    def with_tour(self, shift: int, tour: tuple[int, ...]) -> Plan:
        """Return a copy in which ``shift`` runs ``tour``."""
        return Plan((*self.tours[:shift], tour, *self.tours[shift + 1 :]), self.unserved)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When each visit of one tour happens: the earliest possible times (s), all on the problem's axis."""

    begin: tuple[int, ...]
    """Begin of service per visit; the van is at the place by then."""
    depart: tuple[int, ...]
    """End of service per visit: ``begin`` plus the service time."""
    end_at: int
    """Arrival at the end place."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """One way to take one more ride into one tour."""

    shift: int
    tour: tuple[int, ...]
    """The whole new tour, the breaks at the positions that serve it best."""
    cost: int
    """What the insertion adds to the plan's cost."""
    pickup_begin: int
    dropoff_begin: int


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule of one plan."""

    rule: str
    """Stable name of the rule, e.g. ``"time-window"``."""
    shift: int | None
    visit: int | None
    detail: str
    """A sentence for a person."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much an improvement may spend; the first limit that is reached ends it."""

    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is None and self.iterations is None:
            raise ValueError("a budget needs seconds, iterations or both")
