"""What a driver can report, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rufbus.domain.clock_time import Instant
from rufbus.domain.errors import FieldError, InvalidInput


class ReportKind(StrEnum):
    """What a driver can report."""

    ARRIVED = "arrived"
    BOARDED = "boarded"
    NO_SHOW = "no_show"
    ALIGHTED = "alighted"
    DEPARTED = "departed"
    POSITION = "position"
    DELAY = "delay"
    BREAKDOWN = "breakdown"
    BREAK_START = "break_start"
    BREAK_END = "break_end"
    ACK = "ack"


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one van."""

    id: str
    at: Instant
    kind: ReportKind
    stop_key: str | None = None
    """The stop of the list (``v_…``) that the report is about."""
    leg_id: str | None = None
    delay_s: int | None = None
    lon: float | None = None
    lat: float | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        needed = NEEDED_FIELDS.get(self.kind, ())
        missing = tuple(
            FieldError(name, f"a {self.kind.value} report needs {name}") for name in needed if self._lacks(name)
        )
        if missing:
            raise InvalidInput("; ".join(error.detail for error in missing) + ".", errors=missing)

    def _lacks(self, name: str) -> bool:
        return getattr(self, "stop_key" if name == "stop" else name) is None


NEEDED_FIELDS: dict[ReportKind, tuple[str, ...]] = {
    ReportKind.BOARDED: ("leg_id",),
    ReportKind.NO_SHOW: ("leg_id",),
    ReportKind.ALIGHTED: ("leg_id",),
    ReportKind.ARRIVED: ("stop",),
    ReportKind.DEPARTED: ("stop",),
    ReportKind.POSITION: ("lon", "lat"),
    ReportKind.DELAY: ("delay_s",),
    ReportKind.ACK: ("version",),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a batch of reports."""

    accepted: tuple[str, ...]
    known: tuple[str, ...]
    """Ids that had been taken in before."""
    conflicts: tuple[str, ...]
    """Ids of reports that contradict the plan; they count all the same."""
