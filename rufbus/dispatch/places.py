"""Find stops by name, forgiving case, umlauts, accents and slips of the pen."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz import fuzz, process

from rufbus.domain.place import Stop
from rufbus.ports import StopNetwork

WORTH_SHOWING = 60.0
"""Least likeness (0 to 100) of a name to what was typed."""
SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe", "æ": "ae"})


def search_stops(network: StopNetwork, query: str, limit: int) -> list[Stop]:
    """Return the stops whose names are most like ``query``, best first."""
    stops = network.stops[: network.stop_count]
    wanted = plain(query)
    exact = [n for n, stop in enumerate(stops) if wanted and wanted in plain(stop.name)]
    exact.sort(key=lambda n: (not plain(stops[n].name).startswith(wanted), len(stops[n].name), stops[n].name))
    found = dict.fromkeys(exact[:limit])
    if len(found) < limit:
        found |= dict.fromkeys(_similar(stops, wanted, limit))
    return [stops[n] for n in list(found)[:limit]]


def _similar(stops: Sequence[Stop], wanted: str, limit: int) -> list[int]:
    names = {n: plain(stop.name) for n, stop in enumerate(stops)}
    ranked = process.extract(wanted, names, scorer=fuzz.WRatio, limit=limit, score_cutoff=WORTH_SHOWING)
    return [key for _, _, key in ranked]


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Return a name as it is compared: small letters, umlauts written out, no accents, single blanks."""
    spelt = unicodedata.normalize("NFC", text).casefold().translate(SPELLINGS)
    bare = "".join(letter for letter in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in bare).split())
