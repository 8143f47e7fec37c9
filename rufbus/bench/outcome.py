"""Write what a benchmark found: whole, or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rufbus.domain.errors import InvalidInput


def check_out(path: Path | None, option: str = "--out") -> None:
    """See that a file can be written to ``path``, before hours are spent on what goes into it.

    Raises
    ------
    InvalidInput
        When the folder is missing or may not be written to, or ``path`` is itself a folder.
    """
    if path is None:
        return
    if path.is_dir():
        raise InvalidInput(f"{option} {path} is a folder: name a file in it, such as {path / 'results.json'}.")
    if not path.parent.is_dir():
        raise InvalidInput(
            f"{option} {path}: there is no folder {path.parent}. Make it first, or choose another place."
        )
    if not os.access(path.parent, os.W_OK):
        raise InvalidInput(f"{option} {path}: nothing may be written into {path.parent}. Choose another place.")


def write_json(path: Path, found: Any) -> None:
    """Write plain JSON to ``path``, as :func:`write_text` does; a list has a line for each of its records."""
    write_text(path, _to_text(found))


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path``; whoever reads it sees the old file or the whole new one.

    Raises
    ------
    InvalidInput
        When it cannot be written; ``path`` is then as it was.
    """
    written: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            written = Path(file.name)
            file.write(text)
        written.chmod(0o644)
        written.replace(path)
    except OSError as error:
        if written is not None:
            written.unlink(missing_ok=True)
        raise InvalidInput(
            f"{path} could not be written: {error.strerror}. Choose another place with --out."
        ) from error


def _to_text(found: Any) -> str:
    if not isinstance(found, list):
        return json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    lines = (json.dumps(record, ensure_ascii=False, allow_nan=False) for record in found)
    return "[\n" + ",\n".join(lines) + "\n]\n"
