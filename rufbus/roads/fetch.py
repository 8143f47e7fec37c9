"""Downloading road extracts: from an address, resumable, or for a place by name through OSMnx's servers."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import httpx
import osmium

from rufbus.domain.errors import InvalidInput, InvalidRoads, Unavailable
from rufbus.roads.extract import FORMATS

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done (0 to 1; 0 while the size is unknown). What it raises ends
the download; what has arrived is kept and taken up by the next one."""

TRIES = 4
"""Connections in a row that bring nothing new before the download is given up."""
TIMEOUT = httpx.Timeout(60.0, connect=20.0)


def fetch_osm(
    target: str | os.PathLike[str],
    *,
    place: str | None = None,
    url: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download an extract and return its path, which holds the whole file or what was there before.

    Parameters
    ----------
    target
        A file, or a folder in which the file is named after the place or the address.
    place
        A name that the geocoder knows; roads, stops, places and turn restrictions inside its border are downloaded.
    url
        The address (http or https) of an extract. A broken download is resumed where it ended, here or by the next
        call.
    progress
        Called as data arrives.

    Raises
    ------
    InvalidInput
        Unless exactly one of ``place`` and ``url`` is given.
    InvalidRoads
        When there is no such place or file, or what arrived is no OpenStreetMap data.
    Unavailable
        When the server cannot be reached, refuses, or breaks off again and again.
    """
    if (place is None) == (url is None):
        raise InvalidInput("Give either a place or the address of an extract, not both and not neither.")
    tell = progress or _tell_nobody
    if url is not None:
        path = _name_target(Path(target), _last_part(url))
        return _fetch_url(path, url, tell)
    path = _name_target(Path(target), f"{_slug(place or '')}.osm.gz")
    return _fetch_place(path, place or "", tell)


def _tell_nobody(_what: str, _share: float) -> None:
    """Take progress that nobody wants."""


def _last_part(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(f"{url} is no address of an extract: it begins with http:// or https:// and names a server.")
    return PurePosixPath(unquote(parts.path)).name


def _slug(place: str) -> str:
    plain = place.lower()
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        plain = plain.replace(umlaut, letters)
    ascii_only = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-") or "roads"


def _name_target(target: Path, name: str) -> Path:
    path = target / name if target.is_dir() else target
    if not any(path.name.lower().endswith(ending) for ending in FORMATS):
        raise InvalidRoads(
            f"{path.name or path} is no name of an extract: give a file name that ends in one of {', '.join(FORMATS)}."
        )
    if not path.parent.is_dir():
        raise InvalidRoads(f"There is no folder {path.parent}: make it, or choose another one.")
    return path


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f".{path.name}.{ending}")


def _finish(part: Path, path: Path) -> None:
    """Put a download in place when it can be opened as OpenStreetMap data."""
    file_format = next(form for ending, form in FORMATS.items() if path.name.lower().endswith(ending))
    try:
        with osmium.io.Reader(osmium.io.File(str(part), file_format), osmium.osm.NOTHING) as reader:
            reader.header()
    except (RuntimeError, ValueError) as error:
        part.unlink(missing_ok=True)
        raise InvalidRoads(
            f"What arrived is not OpenStreetMap data ({error}): check the address, and that the file's ending fits it."
        ) from error
    part.replace(path)


# --- from an address ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Download:
    """A download under way: its part file, and what tells one version of the remote file from another."""

    url: str
    part: Path
    note: Path
    mark: str = ""
    total: int | None = None

    @property
    def size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def recall(self) -> None:
        """Take up what an earlier call left, or throw it away when it belongs to something else."""
        try:
            known = json.loads(self.note.read_text(encoding="utf-8"))
            fits = known["url"] == self.url and bool(known["mark"])
        except (OSError, ValueError, KeyError, TypeError):
            fits = False
        if fits:
            self.mark = known["mark"]
        else:
            self.restart()

    def restart(self) -> None:
        self.part.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        self.mark, self.total = "", None

    def refuse(self) -> None:
        """Begin anew: what is here and what the server offers do not fit together."""
        self.restart()
        self.total = -1

    def remember(self, mark: str) -> None:
        self.mark = mark
        self.note.write_text(json.dumps({"url": self.url, "mark": mark}), encoding="utf-8")


def _fetch_url(path: Path, url: str, tell: Progress) -> Path:
    download = _Download(url, _beside(path, "part"), _beside(path, "part.json"))
    download.recall()
    tell("downloading", 0.0)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True, headers={"Accept-Encoding": "identity"}) as client:
        _download_all(client, download, tell)
    download.note.unlink(missing_ok=True)
    _finish(download.part, path)
    tell("done", 1.0)
    return path


def _download_all(client: httpx.Client, download: _Download, tell: Progress) -> None:
    idle = 0
    while idle < TRIES:
        before = download.size
        try:
            _download_more(client, download, tell)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
        else:
            if download.total is None or download.size == download.total:
                return
            reason = "the connection ended early"
        idle = 0 if download.size > before else idle + 1
    raise Unavailable(
        f"{download.url} could not be downloaded wholly ({reason}): {download.size:,} bytes are kept. "
        "Run the same command again to go on from there."
    )


def _download_more(client: httpx.Client, download: _Download, tell: Progress) -> None:
    headers = {"Range": f"bytes={download.size}-", "If-Range": download.mark} if download.mark else {}
    with client.stream("GET", download.url, headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            _settle_range(answer, download)
            return
        _check_status(answer, download.url)
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            download.restart()
        elif _range_start(answer) != download.size:
            download.refuse()
            return
        mark = answer.headers.get("ETag", "")
        download.remember(answer.headers.get("Last-Modified", "") if mark.startswith("W/") or not mark else mark)
        length = answer.headers.get("Content-Length")
        download.total = None if length is None else download.size + int(length)
        with download.part.open("ab") as file:
            done = file.tell()
            for chunk in answer.iter_raw():
                file.write(chunk)
                done += len(chunk)
                tell("downloading", done / download.total if download.total else 0.0)


def _settle_range(answer: httpx.Response, download: _Download) -> None:
    """Nothing is left to send: either all is there, or the remote file has become another one."""
    total = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if total.isdigit() and int(total) == download.size:
        download.total = download.size
    else:
        download.refuse()


def _range_start(answer: httpx.Response) -> int:
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1


def _check_status(answer: httpx.Response, url: str) -> None:
    if answer.is_success:
        return
    if answer.status_code >= 500 or answer.status_code in (408, 425, 429):
        raise Unavailable(f"{url} is not available now (HTTP {answer.status_code}): try again later.")
    raise InvalidRoads(f"There is nothing to download at {url} (HTTP {answer.status_code}): check the address.")


# --- by place -----------------------------------------------------------------------------------------------------


def _fetch_place(path: Path, place: str, tell: Progress) -> Path:
    from rufbus.roads.overpass import ask_overpass, find_area  # noqa: PLC0415  # OSMnx takes seconds to import

    tell("looking up the place", 0.0)
    area = find_area(place)
    answer = _beside(path, "overpass.osm")
    part = _beside(path, f"part{''.join(path.suffixes[-2:])}")
    try:
        tell("downloading", 0.0)
        ask_overpass(area, answer, lambda: tell("downloading", 0.0))
        tell("writing", 0.9)
        _convert(answer, part, path)
    finally:
        answer.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
    tell("done", 1.0)
    return path


def _convert(answer: Path, part: Path, path: Path) -> None:
    file_format = next(form for ending, form in FORMATS.items() if path.name.lower().endswith(ending))
    try:
        with (
            osmium.SimpleWriter(osmium.io.File(str(part), file_format), overwrite=True) as writer,
            osmium.io.Reader(osmium.io.File(str(answer), "osm")) as reader,
        ):
            osmium.apply(reader, writer)
    except (RuntimeError, ValueError) as error:
        raise InvalidRoads(f"What the map server sent is not OpenStreetMap data ({error}): try again later.") from error
    part.replace(path)
