"""An instance that the solver understands, and the way back to the numbers of its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rufbus.bench.instances.darp import read_darp, read_dynamic_darp
from rufbus.bench.instances.draft import Draft, Format, Node
from rufbus.bench.instances.feasible import check_rides
from rufbus.bench.instances.pdptw import read_pdptw
from rufbus.bench.instances.scale import choose_scale, list_nodes, measure_plane, scale_down, scale_up
from rufbus.domain.errors import InvalidInstance
from solver.plan import Plan
from solver.problem import UNREACHABLE_S, CapacityRow, Problem, Ride, Shift, Window

READERS: dict[str, Callable[[Path], Draft]] = {"darp": read_darp, "pdptw": read_pdptw, "ddarp": read_dynamic_darp}
"""Who reads what, by the name of the benchmark."""
FIRST_CHARACTERS = {"darp": "0123456789", "pdptw": "0123456789N", "ddarp": "{"}
"""How the files begin; in a folder, others are left out."""
LEFT_OUT_SUFFIXES = {".csv", ".md", ".pdf", ".svg", ".py", ".sh"}


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One instance, read and understood."""

    draft: Draft
    problem: Problem
    """Ride ``r`` is the pair ``r`` of the draft; all shifts are alike."""
    scale: int
    """Units of the problem in one unit of the file."""

    @property
    def name(self) -> str:
        """Return the name of the instance."""
        return self.draft.name

    @property
    def minimises_fleet(self) -> bool:
        """Return whether fewer vehicles come before less distance."""
        return self.draft.format in {Format.LI_LIM, Format.SARTORI_BURIOL}

    def to_routes(self, plan: Plan) -> list[list[int]]:
        """Return the tours that are driven as numbers of nodes in the file, without depots."""
        return [[self._number(code) for code in tour] for tour in plan.tours if tour]

    def _number(self, code: int) -> int:
        pair = self.draft.pairs[code // 2]
        return (pair.dropoff if code % 2 else pair.pickup).number


def read_instance(path: Path, kind: str) -> Instance:
    """Read an instance for the benchmark ``kind``: ``darp``, ``pdptw`` or ``ddarp``.

    Raises
    ------
    InvalidInstance
        When something is wrong with the file, or nobody could serve one of its requests.
    """
    return to_instance(READERS[kind](path))


def to_instance(draft: Draft) -> Instance:
    """Make integers of a draft.

    Raises
    ------
    InvalidInstance
        When a request cannot be served even by a vehicle of its own; the detail says why.
    """
    scale = choose_scale(draft)
    nodes = list_nodes(draft)
    travel_s = measure_plane(nodes, scale) if draft.matrix is None else np.array(draft.matrix, dtype=np.int32)
    latest = max(scale_up(max(abs(node.latest), abs(node.earliest)), scale) for node in nodes)
    if latest >= UNREACHABLE_S or int(travel_s.max()) >= UNREACHABLE_S:
        raise InvalidInstance(
            f"{draft.path}:1: times go up to {latest:,}, at most {UNREACHABLE_S:,} can be reckoned with."
        )
    at = {node.number: place for place, node in enumerate(nodes)}
    rides = tuple(_to_ride(draft, pair.pickup, pair.dropoff, at, scale) for pair in draft.pairs)
    fixed_cost = 1 + int(travel_s.max(axis=1).sum()) + int(travel_s.max(axis=0).sum())
    shift = Shift(
        at[draft.start.number],
        at[draft.end.number],
        scale_up(draft.start.earliest, scale),
        scale_down(draft.end.latest, scale),
        (CapacityRow((1,), draft.capacity),),
        fixed_cost=fixed_cost if draft.format in {Format.LI_LIM, Format.SARTORI_BURIOL} else 0,
        max_duration_s=None if draft.max_duration is None else scale_down(draft.max_duration, scale),
    )
    problem = Problem(travel_s, rides, (shift,) * draft.vehicles)
    check_rides(draft, problem, scale)
    return Instance(draft, problem, scale)


def _to_ride(draft: Draft, pickup: Node, dropoff: Node, at: dict[int, int], scale: int) -> Ride:
    longest = UNREACHABLE_S if draft.max_ride is None else scale_down(draft.max_ride, scale)
    return Ride(
        at[pickup.number],
        at[dropoff.number],
        _to_window(draft, pickup, scale),
        _to_window(draft, dropoff, scale),
        longest,
        (pickup.load,),
        scale_up(pickup.service, scale),
        scale_up(dropoff.service, scale),
    )


def _to_window(draft: Draft, node: Node, scale: int) -> Window:
    earliest, latest = scale_up(node.earliest, scale), scale_down(node.latest, scale)
    if earliest > latest:
        raise InvalidInstance(
            f"{draft.path}:{node.line}: the window of node {node.number} is narrower than 1/{scale}: widen it."
        )
    return Window(earliest, latest)


def find_files(paths: Iterable[Path], kind: str) -> tuple[list[Path], list[Path]]:
    """Return the instance files that ``paths`` name or hold, and the files in folders that are none.

    Raises
    ------
    InvalidInstance
        When a path does not exist, or there is no instance in any of them.
    """
    found: list[Path] = []
    left_out: list[Path] = []
    for path in paths:
        if not path.exists():
            raise InvalidInstance(f"{path} does not exist: give an instance file, or a folder with such files.")
        if not path.is_dir():
            found.append(path)
            continue
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            (found if _may_be_instance(file, kind) else left_out).append(file)
    if not found:
        raise InvalidInstance("there is no instance: give an instance file, or a folder with such files.")
    return list(dict.fromkeys(found)), left_out


def _may_be_instance(file: Path, kind: str) -> bool:
    """Tell by how it begins whether a file in a folder is meant as an instance."""
    if file.suffix in LEFT_OUT_SUFFIXES or file.name.startswith("."):
        return False
    try:
        with file.open(encoding="utf-8-sig") as opened:
            first = next((line.split() for line in opened if line.strip()), [])
    except (OSError, UnicodeDecodeError):
        return False
    if not first or first[0][0] not in FIRST_CHARACTERS[kind]:
        return False
    return first[0][0] != "N" or first[0].startswith("NAME")


def read_instances(files: Sequence[Path], kind: str) -> list[Instance]:
    """Read all files, and tell the faults of all at once.

    Raises
    ------
    InvalidInstance
        When any of them has a fault.
    """
    instances, faults = [], []
    for file in files:
        try:
            instances.append(read_instance(file, kind))
        except InvalidInstance as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        told = "\n".join(f"  {fault.detail}" for fault in faults)
        raise InvalidInstance(f"{len(faults)} of {len(files)} instances cannot be used:\n{told}")
    return instances
