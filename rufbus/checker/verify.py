"""Everything that is wrong with a stored state, by invariant."""

from __future__ import annotations

from collections.abc import Sequence

from rufbus.checker.finding import Finding
from rufbus.checker.privacy import find_leaks
from rufbus.checker.promises import find_broken_promises, find_impossible_times
from rufbus.checker.records import find_answer_faults, find_double_bookings, find_ledger_faults, find_repeated_rows
from rufbus.checker.replay import find_gaps, find_replay_faults
from rufbus.checker.shifts import find_shift_faults
from rufbus.checker.state import State
from rufbus.checker.tours import find_idle_calls, find_overloads, find_standing_faults
from rufbus.domain.fleet import Shift
from rufbus.domain.service import Service
from rufbus.ports import StopNetwork


def find_faults(state: State, service: Service, network: StopNetwork, shifts: Sequence[Shift]) -> tuple[Finding, ...]:
    """Return every broken invariant of a state; empty when all is well.

    ``shifts`` are the dated shifts of all service days that have tours.
    """
    return (
        *find_answer_faults(state),
        *find_overloads(state, service),
        *find_standing_faults(state),
        *find_broken_promises(state),
        *find_impossible_times(state, service, network),
        *find_double_bookings(state),
        *find_gaps(state),
        *find_replay_faults(state),
        *find_repeated_rows(state),
        *find_shift_faults(state, service, network, shifts),
        *find_idle_calls(state),
        *find_leaks(state),
        *find_ledger_faults(state),
    )
