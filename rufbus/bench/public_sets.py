"""Public instances: solve each, set it beside the best known and the peers, sum up each family."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rufbus.bench.best_known import Best, find_best_known, read_best_known
from rufbus.bench.figures import NOT_INSTALLED, Cell, Row
from rufbus.bench.instances.draft import Format
from rufbus.bench.instances.instance import Instance
from rufbus.bench.pdptw_peers import solve_with_peer
from rufbus.bench.solving import Effort, Outcome, solve

PROMPT_S = 10
"""Up to so many seconds an instance is judged by the aims for a short search."""


@dataclass(frozen=True, slots=True)
class Result:
    """One instance with everybody's outcome."""

    instance: Instance
    ours: Outcome
    effort: Effort
    best: Best | None
    peers: Mapping[str, Outcome | None] = field(default_factory=dict)
    """``None`` for a peer that is not installed."""

    def to_record(self) -> dict[str, Any]:
        """Return plain JSON; ``instance`` to ``seed`` are all that is needed to recompute it."""
        record = {"instance": self.instance.name, **_to_record(self.ours), "seed": self.effort.seed}
        record |= {
            "engine": self.effort.engine,
            "threads": self.effort.threads,
            "seconds": self.effort.seconds,
            "best_known": None if self.best is None else {"cost": self.best.cost, "vehicles": self.best.vehicles},
            "gap": self.ours.gap(self.best),
        }
        if self.peers:
            record["peers"] = {name: found and _to_record(found) for name, found in self.peers.items()}
        return record


def _to_record(outcome: Outcome) -> dict[str, Any]:
    return {
        "cost": round(outcome.cost, 6),
        "vehicles": outcome.vehicles,
        "routes": outcome.routes,
        "iterations": outcome.iterations,
        "wall_s": round(outcome.wall_s, 3),
        "unserved": outcome.unserved,
        "faults": list(outcome.faults),
        "notes": list(outcome.notes),
        **outcome.more,
    }


def run_set(
    instances: Iterable[Instance],
    effort: Effort,
    *,
    best_known: Path | None = None,
    peers: Sequence[str] = (),
    solver: Callable[[Instance, Effort], Outcome] = solve,
) -> list[Result]:
    """Return the result of each instance; each peer gets the same seconds and one thread, in its turn."""
    given = None if best_known is None else read_best_known(best_known)
    tables: dict[Path, Mapping[str, Best]] = {}
    results = []
    for instance in instances:
        best = find_best_known(instance.draft.path, tables) if given is None else given.get(instance.name.lower())
        ours = solver(instance, effort)
        seconds = effort.seconds if effort.seconds is not None else ours.wall_s
        theirs = {name: solve_with_peer(name, instance, seconds, effort.seed) for name in peers}
        results.append(Result(instance, ours, effort, best, theirs))
    return results


def to_rows(results: Sequence[Result]) -> list[Row]:
    """Return a row per instance, and after them the rows that sum up each family."""
    rows = [_instance_row(result) for result in results]
    families: dict[str, list[Result]] = {}
    for result in results:
        families.setdefault(name_family(result.instance), []).append(result)
    for family, members in families.items():
        rows += _family_rows(family, members)
    return rows


def name_family(instance: Instance) -> str:
    """Return the set that an instance belongs to, as the aims name it."""
    requests = len(instance.draft.pairs)
    match instance.draft.format:
        case Format.LI_LIM:
            return f"Li & Lim {max(100, round(2 * requests, -2))}"
        case Format.SARTORI_BURIOL:
            return f"Sartori & Buriol n{2 * requests}"
        case Format.DARP:
            return "DARP a/b" if instance.draft.end.number else "DARP pr"
        case _:
            return "dynamic DARP"


def _instance_row(result: Result) -> Row:
    with_fleet = result.instance.minimises_fleet
    peers: dict[str, Cell] = {
        name: NOT_INSTALLED if found is None else found.to_text(with_fleet=with_fleet)
        for name, found in result.peers.items()
    }
    ours, best, gap = result.ours, result.best, result.ours.gap(result.best)
    if best is None:
        return Row(result.instance.name, ours.to_text(with_fleet=with_fleet), peers, "no best known")
    known = f"{best.vehicles} / {best.cost:,.2f}" if best.vehicles is not None else f"{best.cost:,.2f}"
    compared = "" if gap is None else f"{gap:.2%}"
    if gap is None and best.vehicles is not None and not ours.unserved and not ours.faults:
        compared = f"{ours.vehicles - best.vehicles:+d} vehicles"
    return Row(
        result.instance.name, ours.to_text(with_fleet=with_fleet), peers, compared, known, gap is not None and gap <= 0
    )


def _family_rows(family: str, members: Sequence[Result]) -> list[Row]:
    served = [_served_row(family, members)] if members[0].instance.draft.format is Format.DYNAMIC_DARP else []
    known = [result for result in members if result.best is not None]
    gaps = [gap for result in known if (gap := result.ours.gap(result.best)) is not None]
    if not known:
        return served
    quick = all(result.effort.seconds is None or result.effort.seconds <= PROMPT_S for result in members)
    rows = served
    fleet_aim, gap_aim = _aims(family, quick=quick)
    if members[0].instance.minimises_fleet:
        share = sum(_fleet_reached(result.ours, result.best) for result in known) / len(known)
        peers: dict[str, Cell] = {
            name: f"{sum(_fleet_reached(result.peers.get(name), result.best) for result in known)} of {len(known)}"
            for name in members[0].peers
        }
        ours = f"{round(share * len(known))} of {len(known)}"
        aim = "" if fleet_aim is None else f"≥ {fleet_aim:.0%}"
        rows.append(Row(f"{family}: best-known fleet", ours, peers, f"{share:.0%}", aim, _is_met(fleet_aim, share)))
        fewer = [_never_more(result) for result in members if result.peers]
        if fewer:
            rows.append(
                Row(
                    f"{family}: never more vehicles than a peer",
                    f"{sum(fewer)} of {len(fewer)}",
                    aim="all",
                    is_met=all(fewer),
                )
            )
    reached = sum(gap <= 0 for gap in gaps)
    rows.append(Row(f"{family}: best known reached", f"{reached} of {len(known)}"))
    mean = statistics.mean(gaps) if gaps else None
    is_met = None if gap_aim is None else mean is not None and mean <= gap_aim and len(gaps) == len(known)
    theirs: dict[str, Cell] = {name: _mean_gap(_peer_gaps(known, name)) for name in members[0].peers}
    aim = "" if gap_aim is None else f"≤ {gap_aim:.2%}"
    what = "mean gap at the best-known fleet" if members[0].instance.minimises_fleet else "mean gap"
    rows.append(Row(f"{family}: {what}", _mean_gap(gaps), theirs, aim=aim, is_met=is_met))
    return rows


def _served_row(family: str, members: Sequence[Result]) -> Row:
    asked = sum(len(result.instance.draft.pairs) for result in members)
    unserved = sum(len(result.ours.unserved) // 2 for result in members)
    return Row(f"{family}: requests served", f"{asked - unserved} of {asked}")


def _peer_gaps(known: Sequence[Result], name: str) -> list[float]:
    found = [(outcome, result.best) for result in known if (outcome := result.peers.get(name)) is not None]
    return [gap for outcome, best in found if (gap := outcome.gap(best)) is not None]


def _mean_gap(gaps: Sequence[float]) -> str:
    return f"{statistics.mean(gaps):.3%} over {len(gaps)}" if gaps else "–"


def _fleet_reached(outcome: Outcome | None, best: Best | None) -> bool:
    if outcome is None or best is None or best.vehicles is None:
        return False
    return not outcome.faults and not outcome.unserved and outcome.vehicles <= best.vehicles


def _never_more(result: Result) -> bool:
    complete = [each for each in result.peers.values() if each is not None and not each.unserved and not each.faults]
    ours = result.ours
    return all(not ours.unserved and not ours.faults and ours.vehicles <= peer.vehicles for peer in complete)


def _is_met(aim: float | None, share: float) -> bool | None:
    return None if aim is None else share >= aim


def _aims(family: str, *, quick: bool) -> tuple[float | None, float | None]:
    """Return the aimed share of best-known fleets and the aimed mean gap; ``None`` without an aim."""
    if family == "Li & Lim 100":
        return 1.0, 0.001
    if family.startswith(("Li & Lim", "Sartori")):
        return 0.97, 0.005
    if family == "DARP a/b":
        return None, 0.003 if quick else 0.0005
    if family == "DARP pr":
        return None, 0.005
    return None, None
