"""Keep the OpenAPI description beside the code: ``python -m api.describe`` writes it anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

from .app import describe, make_app

KEPT = Path(__file__).with_name("openapi.json")
"""The description as it is committed; a change to the doors shows there."""


def render_description() -> str:
    """Return the OpenAPI description of the doors as stable text."""
    described = describe(make_app(_open_nothing))
    return json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _open_nothing() -> NoReturn:
    """Refuse to open a service: a description needs none."""
    raise AssertionError("only describing")


def main() -> None:
    """Write the description."""
    KEPT.write_text(render_description(), encoding="utf-8")


if __name__ == "__main__":
    main()
