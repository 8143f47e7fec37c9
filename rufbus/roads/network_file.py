"""The file of a network: a header in JSON, then arrays that are mapped into memory where they lie."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rufbus.domain.errors import InvalidRoads
from rufbus.roads.graph import RoadGraph

MAGIC: Final = b"RUFBUS NETWORK\n\0"
VERSION: Final = 1
ALIGN: Final = 64
"""Arrays begin at multiples of this many bytes."""
PREFIX: Final = len(MAGIC) + 8
"""Magic, then the length of the header as eight bytes, least first."""
HASHED: Final = tuple(each.name for each in fields(RoadGraph) if each.name not in {"names", "forbidden", "source"})


def graph_hash(graph: RoadGraph) -> str:
    """Return a hash of everything in a road graph but its description."""
    digest = hashlib.blake2b(digest_size=16)
    for name in HASHED:
        column = np.ascontiguousarray(getattr(graph, name))
        digest.update(f"{name} {column.dtype.str} {column.shape}".encode())
        digest.update(column.data)
    digest.update(json.dumps([graph.names, graph.forbidden]).encode())
    return digest.hexdigest()


def write_network_file(path: Path, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write header and arrays beside ``path`` and put them in its place in one step."""
    table, offset = {}, 0
    for name, array in arrays.items():
        table[name] = {"dtype": array.dtype.str, "shape": array.shape, "offset": offset}
        offset = _aligned(offset + array.nbytes)
    text = json.dumps({"version": VERSION, "size": offset, "arrays": table, **header}).encode()
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("wb") as file:
            file.write(MAGIC + len(text).to_bytes(8, "little") + text)
            for array in arrays.values():
                file.write(b"\0" * (_aligned(file.tell()) - file.tell()))
                file.write(np.ascontiguousarray(array).data)
            file.write(b"\0" * (_aligned(file.tell()) - file.tell()))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_network_file(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return header and arrays; the arrays are read-only views of the file.

    Raises
    ------
    InvalidRoads
        When the file is missing, damaged or of another version.
    """
    again = "Build the network again."
    if not path.is_file():
        raise InvalidRoads(f"{path}: there is no such file. {again}")
    content = np.memmap(path, dtype=np.uint8, mode="r") if path.stat().st_size else np.zeros(0, dtype=np.uint8)
    if content[: len(MAGIC)].tobytes() != MAGIC:
        raise InvalidRoads(f"{path} is not the file of a network. {again}")
    body = PREFIX + int.from_bytes(content[len(MAGIC) : PREFIX].tobytes(), "little")
    try:
        header = json.loads(content[PREFIX:body].tobytes())
    except ValueError:
        raise InvalidRoads(f"{path} is damaged. {again}") from None
    if header["version"] != VERSION:
        raise InvalidRoads(f"{path} has version {header['version']}; this Rufbus reads version {VERSION}. {again}")
    start = _aligned(body)
    if len(content) != start + header["size"]:
        raise InvalidRoads(f"{path} is incomplete or longer than it says. {again}")
    return header, {name: _view(content[start:], entry) for name, entry in header["arrays"].items()}


def _view(body: NDArray[np.uint8], entry: Mapping[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(entry["dtype"])
    size = dtype.itemsize * int(np.prod(entry["shape"], dtype=np.int64))
    plain: NDArray[Any] = np.asarray(body[entry["offset"] : entry["offset"] + size]).view(dtype)
    return plain.reshape(entry["shape"])


def _aligned(offset: int) -> int:
    return -(-offset // ALIGN) * ALIGN
