"""Every door against its own description, with generated calls: no answer that the description does not foretell.

A short run by default; RUFBUS_LONG=1 covers every schema systematically, calls doors one after the other with what the
former have answered, and draws many more calls by chance.
"""

import json
import os
from collections import Counter

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from schemathesis.python.asgi import shutdown_lifespans

from api import problems
from rufbus.domain import errors
from rufbus.running import Runner

from .small_town import copy_home, prepare_doors

LONG = bool(os.environ.get("RUFBUS_LONG"))
EXAMPLES = 60 if LONG else 12
"""How many calls of each door are drawn by chance."""
LEAST = 2000 if LONG else 250
"""How many calls a run has at least: fewer would mean that something was left out."""
STREAMS = r"/events$"
"""Streams never end: they are tested by hand."""
BEYOND_SCHEMAS = {"unknown stop", "swapped with lat", "earlier than the way out"}
"""Faults of well-formed requests, which no schema can foretell."""


@pytest.fixture
def prepared(made_home, tmp_path, monkeypatch):
    """Doors whose application Schemathesis starts, and whose improvements are short however long a call allows."""
    improve = Runner.improve_now
    monkeypatch.setattr(Runner, "improve_now", lambda runner, seconds=None: improve(runner, 0.01))
    yield prepare_doors(copy_home(made_home, tmp_path / "town"))
    shutdown_lifespans()


def config(doors, who):
    """Return how to generate: calls that are right and calls that are wrong, with ids that exist strewn in."""

    def some(dictionary):
        return {"dictionary": dictionary, "probability": 0.7}

    return SchemathesisConfig.from_dict(
        {
            "seed": 20_261_125,
            "headers": doors.headers(who),
            "continue-on-failure": True,
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "no-shrink": True, "database": "none"},
            "phases": {"stateful": {"enabled": LONG}, "coverage": {"enabled": LONG}},
            "dictionaries": {
                "vans": {"values": ["bus-1", "bus-2"]},
                "stops": {"values": ["S00", "S33", "S21"]},
            },
            "parameters": {
                "path.vehicle_id": some("vans"),
                "body.vehicle_id": some("vans"),
                "body.origin.stop_id": some("stops"),
                "body.destination.stop_id": some("stops"),
            },
        }
    )


def run(doors, who, **only):
    """Call the doors; return how often each status came, and what was found."""
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", doors.app, config=config(doors, who))
    schema = schema.exclude(path_regex=STREAMS)
    statuses, found = Counter(), []
    for event in from_schema(schema.include(**only) if only else schema).execute():
        if isinstance(event, ScenarioFinished):
            calls = event.recorder.interactions
            statuses.update(each.response.status_code for each in calls.values() if each.response is not None)
            for case_id, checks in event.recorder.checks.items():
                answer = calls[case_id].response if case_id in calls else None
                found += [tell(check, answer) for check in checks if counts(check, answer)]
        elif isinstance(event, NonFatalError):
            found.append(f"{event.label}: {event.info}")
        elif isinstance(event, FatalError):
            raise event.exception
    return statuses, sorted(set(found))


def counts(check, answer):
    """Tell whether a check has found something that a schema can foretell."""
    if check.failure_info is None:
        return False
    if check.name == "positive_data_acceptance" and answer.status_code == 422:
        faults = {fault["detail"] for fault in json.loads(answer.content)["errors"]}
        return not faults or not faults <= BEYOND_SCHEMAS
    return True


def tell(check, answer):
    failure = check.failure_info.failure
    body = "" if answer is None else answer.content[:300].decode(errors="replace")
    return f"{check.name}: {failure.title}: {failure.message}\n  {check.failure_info.code_sample[:800]}\n  {body}"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", ["control", "driver", "rider"] if LONG else ["control"])
def test_every_door_answers_as_its_description_says(prepared, who, capsys):
    statuses, found = run(prepared, who)
    with capsys.disabled():
        print(f"\n{who}: {statuses.total()} calls, {dict(sorted(statuses.items()))}")  # noqa: T201 — a figure to keep
    assert found == [], "\n".join(found)
    assert statuses.total() >= LEAST
    assert {200, 404, 422} <= set(statuses)
    assert [status for status in statuses if status >= 500] == []


def test_a_status_that_is_not_foretold_is_found(prepared, monkeypatch):
    monkeypatch.setitem(problems.STATUS, errors.NotFound, 418)
    _, found = run(prepared, "control", path_regex=r"/bookings/\{booking_id\}$")
    assert any("status_code_conformance" in each and "418" in each for each in found)


def test_an_answer_that_is_not_as_described_is_found(prepared, monkeypatch):
    monkeypatch.setattr(problems, "answer_error", lambda *_: problems.JSONResponse({"oops": 1}, 404))
    _, found = run(prepared, "control", path_regex=r"/bookings/\{booking_id\}$")
    assert any("content_type_conformance" in each for each in found)


def test_an_unexpected_error_is_found(prepared, monkeypatch):
    def burst(*_):
        raise RuntimeError("burst")

    monkeypatch.setattr("api.routes.clock.render_time", burst)
    _, found = run(prepared, "control", path_regex=r"/clock$", method="GET")
    assert any("burst" in each for each in found)
