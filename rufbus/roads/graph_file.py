"""The file of a road graph: a checksum over everything behind it, a header in JSON, then the arrays."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.graph import RoadGraph

MAGIC: Final = b"RUFBUS ROADS\n\0\0\0"
VERSION: Final = 2
ALIGN: Final = 64
"""Arrays begin at multiples of this many bytes behind the header."""
CHECKED_FROM: Final = len(MAGIC) + 8
PREFIX: Final = CHECKED_FROM + 8
"""Magic, checksum (CRC-32), length of the header; numbers as eight bytes, least first."""
COLUMNS: Final = tuple(each.name for each in fields(RoadGraph) if each.name not in {"names", "forbidden", "source"})


def save_graph(graph: RoadGraph, path: str | os.PathLike[str]) -> None:
    """Write a road graph; ``path`` holds the old file or the whole new one at any moment."""
    path = Path(path)
    arrays = _to_arrays(graph)
    table, body = {}, bytearray()
    for name, array in arrays.items():
        table[name] = {"dtype": array.dtype.str, "shape": array.shape, "offset": len(body)}
        body += np.ascontiguousarray(array).tobytes()
        body += bytes(-len(body) % ALIGN)
    header = {
        "version": VERSION,
        "source": graph.source,
        "names": graph.names,
        "arrays": table,
    }
    text = json.dumps(header).encode()
    checked = len(text).to_bytes(8, "little") + text
    checksum = zlib.crc32(body, zlib.crc32(checked))
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(MAGIC + checksum.to_bytes(8, "little") + checked)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()


def load_graph(path: str | os.PathLike[str]) -> RoadGraph:
    """Read a road graph that :func:`save_graph` wrote.

    Raises
    ------
    InvalidRoads
        When the file is missing, damaged, of another version or no road graph.
    """
    path = Path(path)
    again = "Import the road extract again."
    if not path.is_file():
        raise InvalidRoads(f"{path}: there is no such file. {again}")
    content = bytearray(path.read_bytes())
    if content[: len(MAGIC)] != MAGIC:
        raise InvalidRoads(f"{path} is not the file of a road graph. {again}")
    if zlib.crc32(memoryview(content)[CHECKED_FROM:]) != int.from_bytes(content[len(MAGIC) : CHECKED_FROM], "little"):
        raise InvalidRoads(f"{path} is incomplete or damaged. {again}")
    body = PREFIX + int.from_bytes(content[CHECKED_FROM:PREFIX], "little")
    header = json.loads(content[PREFIX:body])
    if header["version"] != VERSION:
        raise InvalidRoads(f"{path} has version {header['version']}; this Rufbus reads version {VERSION}. {again}")
    return _to_graph(header, memoryview(content)[body:])


def _to_arrays(graph: RoadGraph) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {name: getattr(graph, name) for name in COLUMNS}
    sizes = [len(sequence) for sequence in graph.forbidden]
    arrays["forbidden_start"] = np.cumsum([0, *sizes]).astype(np.int64)
    arrays["forbidden_edge"] = np.array([edge for sequence in graph.forbidden for edge in sequence], np.int32)
    return arrays


def _to_graph(header: dict[str, Any], data: memoryview) -> RoadGraph:
    arrays = {name: _read_array(entry, data) for name, entry in header["arrays"].items()}
    starts, edges = arrays["forbidden_start"].tolist(), arrays["forbidden_edge"].tolist()
    return RoadGraph(
        **{name: arrays[name] for name in COLUMNS},
        names=tuple(header["names"]),
        forbidden=tuple(tuple(edges[a:b]) for a, b in pairwise(starts)),
        source=header["source"],
    )


def _read_array(entry: dict[str, Any], data: memoryview) -> NDArray[Any]:
    shape = tuple(entry["shape"])
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(data, np.dtype(entry["dtype"]), count, entry["offset"]).reshape(shape)
