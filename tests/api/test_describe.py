"""The description of the doors is kept beside the code, so that a change to them is seen."""

import json

from api import describe
from api.app import PREFIX, make_app


def test_the_kept_description_is_that_of_the_doors():
    kept = describe.KEPT.read_text(encoding="utf-8")
    assert kept == describe.render_description(), "The doors have changed: `make openapi` writes api/openapi.json anew."


def test_writing_it_gives_what_the_server_serves(tmp_path, monkeypatch, shared_doors):
    monkeypatch.setattr(describe, "KEPT", tmp_path / "openapi.json")
    describe.main()
    assert json.loads(describe.KEPT.read_text(encoding="utf-8")) == shared_doors.get("/openapi.json", None).json()


def operations():
    for path, methods in make_app(lambda: None).openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_door_has_a_summary_a_tag_and_foretells_its_refusals():
    for name, operation in operations():
        assert operation["summary"], name
        assert len(operation["tags"]) == 1, name
        refusals = {status: each for status, each in operation["responses"].items() if status >= "400"}
        assert {"401", "403", "404", "405", "413", "422", "503"} <= set(refusals), name
        for refusal in refusals.values():
            assert list(refusal["content"]) == ["application/problem+json"], name


def test_every_reference_leads_somewhere_and_every_schema_is_used():
    described = make_app(lambda: None).openapi()
    assert described["openapi"].startswith("3.1")
    schemas = described["components"]["schemas"]
    used = set()

    def walk(node):
        if isinstance(node, dict):
            used.update(each for key, each in node.items() if key == "$ref")
            for below in node.values():
                walk(below)
        elif isinstance(node, list):
            for below in node:
                walk(below)

    walk(described)
    assert used == {f"#/components/schemas/{name}" for name in schemas}


def test_no_two_doors_share_a_name_and_all_lie_under_one_prefix():
    names = [operation["operationId"] for _, operation in operations()]
    assert len(set(names)) == len(names)
    assert all(name.split(" ")[1].startswith(PREFIX) for name, _ in operations())
