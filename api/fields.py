"""The kinds of fields that come in: the schema of each says exactly what is let through."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
CENTURIES = "^2[01][0-9]{2}-"
"""The years 2000 to 2199, as schemas have it."""
NO_CONTROL = r"[^\u0000-\u0008\u000b-\u001f]"
"""What texts are made of; tabs and line ends are let through."""
TEXT = f"^{NO_CONTROL}*$"
VISIBLE_TEXT = rf"^{NO_CONTROL}*[^\s\u0000-\u0020\u0085\u00a0]{NO_CONTROL}*$"
PHONE = r"\+?[0-9][0-9 ()/.\-]{1,37}[0-9()/.\-]"


def _check_time(value: object) -> object:
    if isinstance(value, str) and TIME.fullmatch(value) and 2000 <= int(value[:4]) < 2200:
        return value
    raise ValueError(
        "give a time between the years 2000 and 2199 as RFC 3339, e.g. 2026-11-25T08:00:00+01:00; "
        "without an offset it is local time"
    )


def _check_day(value: object) -> object:
    if isinstance(value, str) and DAY.fullmatch(value) and 2000 <= int(value[:4]) < 2200:
        return value
    raise ValueError("give a day between the years 2000 and 2199 like 2026-11-25")


def _check_text(value: str) -> str:
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in value):
        raise ValueError("must not contain control characters")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        raise ValueError("must be valid Unicode")
    return value


def _check_phone(value: str) -> str:
    if re.fullmatch(PHONE, value) is None:
        raise ValueError("must be a telephone number of digits, blanks and ()/.- like +49 4621 123456")
    return value


def _check_number(value: object) -> object:
    """Let through what JSON calls a number, and no text or truth value that could be read as one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")  # noqa: TRY004 — a ValueError is what pydantic tells the caller of
    return value


Time = Annotated[
    dt.datetime,
    BeforeValidator(_check_time),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "pattern": CENTURIES, "examples": ["2026-11-25T08:00:00+01:00"]}
    ),
]
"""A time; without an offset it is local time of the service."""
ServiceDay = Annotated[
    dt.date,
    BeforeValidator(_check_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": CENTURIES, "examples": ["2026-11-25"]}),
]
"""A service day."""

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_check_text),
    Field(json_schema_extra={"pattern": VISIBLE_TEXT}),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    AfterValidator(_check_text),
    Field(json_schema_extra={"pattern": TEXT}),
]
Note = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_check_text),
    Field(json_schema_extra={"pattern": TEXT}),
]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=40),
    AfterValidator(_check_phone),
    Field(json_schema_extra={"pattern": rf"^[ \t\r\n]*{PHONE}[ \t\r\n]*$"}),
]
NUMBER = BeforeValidator(_check_number)
"""Stands last in an annotation, so that the bounds before it show in the schema."""
Truth = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(ge=0, le=1000), NUMBER]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False), NUMBER]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False), NUMBER]
