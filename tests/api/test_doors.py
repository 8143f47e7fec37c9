"""The doors as they are documented: quotes, bookings, stop lists, and every way of being refused."""

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.limits import LARGEST_BODY
from api.problems import TITLES
from rufbus.dispatch.reports import NEEDED_FIELDS, ReportKind
from rufbus.domain.errors import Unavailable

from .small_town import NOW, NOW_S, RIDER, booking, corner, wish

PROMISE = {"pickup_from", "pickup_to", "dropoff_by"}
POINT = {"stop_id", "name", "lon", "lat", "walk_m"}
PARTY = {"adults", "children", "wheelchairs", "walkers", "prams", "companions"}
CALL = {"leg_id", "kind", "begin_at", "end_at", "name", "party", "state", "note"}


def keyed(key):
    return {"Idempotency-Key": key}


def quotes(doors, who="operator", **changes):
    """Return the offers for a request."""
    answer = doors.post("/quotes", who, json=wish(**changes))
    assert answer.status_code == 200, answer.text
    return answer.json()["quotes"]


def book(doors, key="first", who="operator", **changes):
    """Return a booking of the best offer for a request."""
    answer = doors.post("/bookings", who, json=booking(quotes(doors, who, **changes)[0]["id"]), headers=keyed(key))
    assert answer.status_code == 201, answer.text
    return answer.json()


def check_problem(answer, status, code):
    """Check that an answer is a problem document of a kind; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= set(shown)
    assert shown["type"] == f"/errors/{code}"
    assert shown["title"] == TITLES["en"][code]
    assert shown["status"] == status
    assert not shown["detail"][0].islower() or shown["errors"]
    assert shown["detail"].rstrip()[-1] in ".?!"
    assert all(set(error) == {"location", "detail"} for error in shown["errors"])
    return shown


def wait_until(true, patience_s=60):
    """Wait for what happens in the background."""
    for _ in range(patience_s * 20):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("what was waited for has not happened")


class TestTheWayOfABooking:
    def test_a_quote_has_the_documented_fields(self, shared_doors):
        back = {"depart_after": "2026-11-25T10:30:00+01:00"}
        answer = shared_doors.post("/quotes", json=wish(**{"return": back}))
        assert set(answer.json()) == {"quotes", "refusal"}
        assert answer.json()["refusal"] is None
        for quote in answer.json()["quotes"]:
            assert set(quote) == {"id", "held_until", "legs", "price_ct", "alternative"}
            assert quote["id"].startswith("q_")
            assert quote["held_until"] == "2026-11-25T05:03:00+01:00"
            assert quote["alternative"] is False
            assert [leg["direction"] for leg in quote["legs"]] == ["outward", "return"]
            for leg in quote["legs"]:
                assert set(leg) == {"direction", "pickup", "dropoff", "promise", "direct_s", "max_ride_s"}
                assert set(leg["pickup"]) == set(leg["dropoff"]) == POINT
                assert set(leg["promise"]) == PROMISE
            outward, inward = quote["legs"]
            assert outward["pickup"]["stop_id"] == inward["dropoff"]["stop_id"] == "S00"
            assert outward["dropoff"]["stop_id"] == inward["pickup"]["stop_id"] == "S33"
            assert outward["promise"]["pickup_from"] >= "2026-11-25T08:00:00+01:00"
            assert inward["promise"]["pickup_from"] >= "2026-11-25T10:30:00+01:00"

    def test_from_quote_to_cancellation(self, doors):
        booked = book(doors)
        assert {"id", "code", "state", "party", "legs", "price_ct", "rider", "note", "booked_at"} == set(booked)
        assert booked["id"].startswith("b_")
        assert booked["state"] == "promised"
        assert booked["rider"] == RIDER
        assert set(booked["party"]) == PARTY
        (leg,) = booked["legs"]
        assert {"id", "direction", "pickup", "dropoff", "promise", "vehicle_id", "planned", "state"} <= set(leg)
        assert set(leg["planned"]) == {"pickup_at", "dropoff_at"}
        assert set(leg["promise"]) == PROMISE
        assert doors.get(f"/bookings/{booked['id']}").json() == booked

        shown = doors.get(f"/vehicles/{leg['vehicle_id']}/stop-list").json()
        assert set(shown) == {"vehicle_id", "version", "stops"}
        assert shown["version"] == 1
        for stop in shown["stops"]:
            assert {"id", "stop_id", "name", "lon", "lat", "arrive_at", "depart_at", "state", "calls"} == set(stop)
            assert all(set(call) == CALL for call in stop["calls"])
        ours = {call["kind"]: call for stop in shown["stops"] for call in stop["calls"] if call["leg_id"] == leg["id"]}
        assert set(ours) == {"pickup", "dropoff"}
        assert ours["pickup"]["name"] == RIDER["name"]
        assert ours["pickup"]["begin_at"] == leg["planned"]["pickup_at"]
        assert shown["stops"][0]["calls"][0]["kind"] == shown["stops"][-1]["calls"][0]["kind"] == "depot"

        cancelled = doors.post(f"/bookings/{booked['id']}/cancel", headers=keyed("away"))
        assert cancelled.status_code == 200
        assert cancelled.json()["state"] == "cancelled"
        assert [leg["state"] for leg in cancelled.json()["legs"]] == ["cancelled"]
        after = doors.get(f"/vehicles/{leg['vehicle_id']}/stop-list").json()
        assert after["version"] == 2
        assert [call for stop in after["stops"] for call in stop["calls"] if call["leg_id"]] == []

    def test_a_booking_is_found_by_telephone_number_and_by_code(self, doors):
        first, second = book(doors, "1"), book(doors, "2", depart_after="2026-11-25T10:00:00+01:00")
        listed = doors.get("/bookings", params={"phone": RIDER["phone"]}).json()["bookings"]
        assert sorted(each["id"] for each in listed) == sorted([first["id"], second["id"]])
        assert doors.get("/bookings", params={"phone": "+49 461 0"}).json()["bookings"] == []
        found = doors.get("/bookings", params={"code": f" {second['code'].lower()} "}).json()["bookings"]
        assert [each["id"] for each in found] == [second["id"]]
        assert len(doors.get("/bookings", params={"limit": 1}).json()["bookings"]) == 1

    def test_nobody_is_named_in_plan_ledger_and_events(self, doors):
        booked = book(doors)
        for path in ("/plan", "/ledger", "/vehicles"):
            text = doors.get(path, "planner" if path != "/vehicles" else "operator").text
            assert RIDER["name"] not in text
            assert RIDER["phone"] not in text
        assert booked["legs"][0]["id"] in doors.get("/ledger").text

    def test_a_held_seat_is_on_no_stop_list(self, doors):
        quotes(doors)
        for van in ("bus-1", "bus-2"):
            shown = doors.get(f"/vehicles/{van}/stop-list").json()
            assert [call for stop in shown["stops"] for call in stop["calls"] if call["leg_id"]] == []

    def test_a_ride_is_moved_to_another_van_when_asked_and_not_when_only_thought_of(self, doors):
        booked = book(doors)
        (leg,) = booked["legs"]
        assert leg["vehicle_id"] == "bus-1"
        body = {"leg_id": leg["id"], "vehicle_id": "bus-2"}
        thought = doors.post("/plan/moves", "control", json=body).json()
        assert thought["possible"] is True
        assert thought["committed"] is False
        assert doors.get(f"/bookings/{booked['id']}").json()["legs"][0]["vehicle_id"] == "bus-1"
        done = doors.post("/plan/moves", "control", json=body | {"commit": True}).json()
        assert done["committed"] is True
        assert doors.get(f"/bookings/{booked['id']}").json()["legs"][0]["vehicle_id"] == "bus-2"

    def test_improving_tells_of_each_day_with_rides(self, doors):
        book(doors)
        done = doors.post("/plan/improve", "control", params={"seconds": 0.01}).json()["improvements"]
        assert [each["service_day"] for each in done] == ["2026-11-25"]
        assert done[0]["cost_after_s"] <= done[0]["cost_before_s"]


class TestTheClock:
    def test_it_tells_the_time_in_force(self, shared_doors):
        shown = shared_doors.get("/clock", None).json()
        assert shown == {"now": NOW, "timezone": "Europe/Berlin", "injected": True, "speed": 0.0}

    def test_an_administrator_moves_it_and_what_falls_due_is_done(self, doors):
        quote = quotes(doors)[0]
        moved = doors.post("/clock", "admin", json={"advance_s": 181})
        assert moved.json()["now"] == "2026-11-25T05:03:01+01:00"
        gone = doors.post("/bookings", json=booking(quote["id"]), headers=keyed("late"))
        check_problem(gone, 409, "offer-gone")

    @pytest.mark.parametrize("seconds", [0, -1, 604_801, 1.5, "60", True, None, 10**400])
    def test_it_moves_forward_by_whole_seconds_of_a_week_at_most(self, shared_doors, seconds):
        check_problem(shared_doors.post("/clock", "admin", json={"advance_s": seconds}), 422, "invalid-input")
        assert shared_doors.get("/clock").json()["now"] == NOW


class TestIdempotency:
    def test_the_same_key_and_body_get_the_same_answer_byte_for_byte(self, doors):
        body = booking(quotes(doors)[0]["id"])
        first = doors.post("/bookings", json=body, headers=keyed("k"))
        doors.post("/clock", "admin", json={"advance_s": 3600})
        again = doors.post(
            "/bookings", content=json.dumps(body, indent=2), headers={"Content-Type": "application/json"} | keyed("k")
        )
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Content-Type"] == first.headers["Content-Type"]
        assert len(doors.get("/bookings").json()["bookings"]) == 1

    def test_another_body_is_refused(self, doors):
        body = booking(quotes(doors)[0]["id"])
        doors.post("/bookings", json=body, headers=keyed("k"))
        for other in (body | {"note": "x"}, body | {"rider": RIDER | {"name": "Bo"}}, body | {"quote_id": "q_other"}):
            check_problem(doors.post("/bookings", json=other, headers=keyed("k")), 422, "idempotency-key-reused")

    def test_the_key_of_another_caller_is_another_key(self, doors):
        first, second = quotes(doors)[0]["id"], quotes(doors, depart_after="2026-11-25T10:00:00+01:00")[0]["id"]
        assert doors.post("/bookings", json=booking(first), headers=keyed("k")).status_code == 201
        assert doors.post("/bookings", "rider", json=booking(second), headers=keyed("k")).status_code == 201

    @pytest.mark.parametrize("headers", [{}, keyed(""), keyed("two words"), keyed("x" * 256)], ids=str)
    @pytest.mark.parametrize("path", ["/bookings", "/bookings/b_none/cancel"])
    def test_without_a_proper_key_nothing_is_done(self, shared_doors, path, headers):
        answer = shared_doors.post(path, json=booking("q_none"), headers=headers)
        check_problem(answer, 400, "missing-idempotency-key")

    def test_a_cancellation_is_answered_alike_again_and_refused_under_a_new_key(self, doors):
        path = f"/bookings/{book(doors)['id']}/cancel"
        first, again = (doors.post(path, headers=keyed("c")) for _ in range(2))
        assert (again.status_code, again.content) == (200, first.content)
        check_problem(doors.post(path, headers=keyed("new")), 409, "wrong-state")

    def test_twenty_at_once_with_one_key_make_one_booking(self, doors):
        body = booking(quotes(doors)[0]["id"])
        together = threading.Barrier(20)

        def post(_):
            together.wait()
            return doors.post("/bookings", json=body, headers=keyed("one"))

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(post, range(20)))
        done = [answer for answer in answers if answer.status_code == 201]
        for other in answers:
            if other not in done:
                check_problem(other, 409, "idempotency-key-running")
        assert done
        assert len({answer.content for answer in done}) == 1
        assert [each["id"] for each in doors.get("/bookings").json()["bookings"]] == [done[0].json()["id"]]
        assert doors.post("/bookings", json=body, headers=keyed("one")).content == done[0].content

    def test_twenty_at_once_with_their_own_keys_get_one_offer_once(self, doors):
        body = booking(quotes(doors)[0]["id"])
        together = threading.Barrier(20)

        def post(number):
            together.wait()
            return doors.post("/bookings", json=body, headers=keyed(f"key-{number}"))

        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(post, range(20)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
        assert len(doors.get("/bookings").json()["bookings"]) == 1


class TestOfferGone:
    def test_it_comes_with_fresh_offers_that_can_be_booked(self, doors):
        quote = quotes(doors)[0]["id"]
        doors.post("/bookings", json=booking(quote), headers=keyed("1"))
        gone = doors.post("/bookings", json=booking(quote), headers=keyed("2"))
        fresh = check_problem(gone, 409, "offer-gone")["quotes"]
        assert quote not in {each["id"] for each in fresh}
        assert fresh[0]["legs"][0]["pickup"]["stop_id"] == "S00"
        assert doors.post("/bookings", json=booking(fresh[0]["id"]), headers=keyed("2")).status_code == 201

    def test_one_that_never_was_comes_with_none(self, shared_doors):
        gone = shared_doors.post("/bookings", json=booking("q_never"), headers=keyed("never"))
        assert check_problem(gone, 409, "offer-gone")["quotes"] == []


class TestEtags:
    @pytest.mark.parametrize("path", ["/vehicles/bus-1/stop-list", "/stops", "/map/roads"])
    def test_what_has_not_changed_is_not_sent_again(self, shared_doors, path):
        first = shared_doors.get(path)
        etag = first.headers["ETag"]
        assert first.headers["Cache-Control"] == "private, no-cache"
        for sent in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = shared_doors.get(path, headers={"If-None-Match": sent})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == etag
        assert shared_doors.get(path, headers={"If-None-Match": '"other"'}).content == first.content

    def test_a_change_has_another_etag(self, doors):
        booked = book(doors)
        paths = [f"/bookings/{booked['id']}", "/vehicles/bus-1/stop-list"]
        before = [doors.get(path).headers["ETag"] for path in paths]
        doors.post(f"/bookings/{booked['id']}/cancel", headers=keyed("away"))
        for path, etag in zip(paths, before, strict=True):
            after = doors.get(path, headers={"If-None-Match": etag})
            assert after.status_code == 200
            assert after.headers["ETag"] != etag


LOCAL = {
    "does not exist": "2027-03-28T02:30:00",
    "exists twice": "2026-10-25T02:30:00",
}


class TestRefusedRequests:
    @pytest.mark.parametrize(
        ("changes", "code", "location"),
        [
            ({"destination": {"stop_id": "S99"}}, "invalid-input", "destination.stop_id"),
            ({"destination": {"stop_id": "depot:bus-1"}}, "invalid-input", "destination.stop_id"),
            ({"destination": {"stop_id": "S\u0000"}}, "invalid-input", "destination.stop_id"),
            ({"destination": {"stop_id": ""}}, "invalid-input", "destination.stop_id"),
            (
                {"destination": {"stop_id": "S33", "lon": 9.5, "lat": 54.5}},
                "invalid-input",
                "destination.lon destination.lat",
            ),
            ({"destination": {"lon": 9.5}}, "invalid-input", "destination.lat"),
            ({"destination": "S33"}, "invalid-input", "destination"),
            ({"destination": None}, "invalid-input", "destination"),
            ({"origin": {"lon": 54.5, "lat": 9.5}}, "invalid-input", "origin.lon"),
            ({"origin": {"lon": 181, "lat": 54.5}}, "invalid-input", "origin.lon"),
            ({"origin": {"lon": "9.5", "lat": 54.5}}, "invalid-input", "origin.lon"),
            ({"origin": {"lon": True, "lat": 54.5}}, "invalid-input", "origin.lon"),
            ({"passengers": 1}, "invalid-input", "passengers"),
            ({"party": {"adults": 1, "dogs": 1}}, "invalid-input", "party.dogs"),
            ({"party": {"adults": 0}}, "invalid-input", "party"),
            ({"party": {"adults": -1}}, "invalid-input", "party.adults"),
            ({"party": {"adults": 1001}}, "invalid-input", "party.adults"),
            ({"party": {"adults": 1.5}}, "invalid-input", "party.adults"),
            ({"party": {"adults": "1"}}, "invalid-input", "party.adults"),
            ({"depart_after": None}, "invalid-input", "depart_after"),
            ({"arrive_by": "2026-11-25T09:00:00+01:00"}, "invalid-input", "depart_after"),
            ({"depart_after": "tomorrow"}, "invalid-input", "depart_after"),
            ({"depart_after": 1_795_600_000}, "invalid-input", "depart_after"),
            ({"depart_after": "2026-11-25"}, "invalid-input", "depart_after"),
            ({"depart_after": "2026-02-30T08:00:00+01:00"}, "invalid-input", "depart_after"),
            ({"depart_after": "1999-11-25T08:00:00+01:00"}, "invalid-input", "depart_after"),
            ({"depart_after": "2026-11-25T08:00:00+99:00"}, "invalid-input", "depart_after"),
            ({"return": {"depart_after": "2026-11-25T07:00:00+01:00"}}, "invalid-input", "return.depart_after"),
            ({"return": {}}, "invalid-input", "return.depart_after"),
            ({"depart_after": LOCAL["does not exist"]}, "invalid-time", None),
            ({"depart_after": LOCAL["exists twice"]}, "invalid-time", None),
        ],
        ids=str,
    )
    def test_what_cannot_be_right_is_told_with_its_place(self, shared_doors, changes, code, location):
        shown = check_problem(shared_doors.post("/quotes", json=wish(**changes)), 422, code)
        assert [error["location"] for error in shown["errors"]] == (location or "").split()

    @pytest.mark.parametrize("words", LOCAL)
    def test_a_time_at_which_the_clocks_change_is_explained(self, shared_doors, words):
        shown = shared_doors.post("/quotes", json=wish(depart_after=LOCAL[words])).json()
        assert words in shown["detail"]
        assert "offset" in shown["detail"]

    def test_a_time_without_an_offset_is_local(self, shared_doors):
        shown = quotes(shared_doors, depart_after="2026-11-25T08:00:00")
        assert shown[0]["legs"][0]["promise"]["pickup_from"].endswith("+01:00")
        assert shown[0]["legs"][0]["promise"]["pickup_from"] >= "2026-11-25T08:00"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"party": {"adults": 30}}, "party-too-large"),
            ({"party": {"wheelchairs": 2}}, "no-wheelchair-place"),
            ({"depart_after": "2026-11-24T08:00:00+01:00"}, "in-the-past"),
            ({"depart_after": "2026-11-25T05:10:00+01:00"}, "too-short-notice"),
            ({"depart_after": "2026-12-24T08:00:00+01:00"}, "too-far-ahead"),
            ({"depart_after": "2026-11-25T23:30:00+01:00"}, "outside-hours"),
            ({"destination": {"lon": 11.0, "lat": 54.5}}, "no-stop-near"),
            ({"origin": {"stop_id": "S33"}}, "same-stop"),
        ],
        ids=str,
    )
    def test_what_cannot_be_granted_is_no_error_but_has_its_reason(self, shared_doors, changes, reason):
        answer = shared_doors.post("/quotes", json=wish(**changes))
        assert answer.status_code == 200, answer.text
        refusal = answer.json()["refusal"]
        assert refusal["reason"] == reason
        assert set(refusal) == {"reason", "detail", "direction", "binding"}
        assert refusal["detail"].endswith((".", "!"))
        assert all(quote["alternative"] for quote in answer.json()["quotes"])

    @pytest.mark.parametrize("kind", list(ReportKind))
    def test_a_report_that_lacks_what_it_needs_is_refused(self, doors, kind):
        bare = {"id": "r1", "at": NOW, "kind": kind.value}
        answer = doors.post("/vehicles/bus-1/reports", "driver", json=[bare])
        if not NEEDED_FIELDS.get(kind):
            assert answer.json()["accepted"] == ["r1"]
            return
        shown = check_problem(answer, 422, "invalid-input")
        assert [error["location"] for error in shown["errors"]] == list(NEEDED_FIELDS[kind])

    def test_a_report_counts_once(self, doors):
        report = {"id": "r1", "at": NOW, "kind": "position", "lon": 9.5, "lat": 54.5}
        first = doors.post("/vehicles/bus-1/reports", "driver", json=[report]).json()
        again = doors.post("/vehicles/bus-1/reports", "driver", json=[report, report | {"id": "r2"}]).json()
        assert first == {"accepted": ["r1"], "known": [], "conflicts": []}
        assert again == {"accepted": ["r2"], "known": ["r1"], "conflicts": []}

    @pytest.mark.parametrize("rider", [RIDER | {"phone": "x"}, RIDER | {"name": " "}, RIDER | {"name": "a\u0007b"},
                                       RIDER | {"name": "x" * 201}, {"name": "Bo"}, RIDER | {"role": "admin"}])  # fmt: skip
    def test_a_rider_who_cannot_be_told_is_refused(self, shared_doors, rider):
        answer = shared_doors.post("/bookings", json=booking("q_none", rider=rider), headers=keyed("rider"))
        (error,) = check_problem(answer, 422, "invalid-input")["errors"]
        assert error["location"].startswith("rider.")

    @pytest.mark.parametrize("phone", ["0461 123", "+49 (0) 4621/12-34", "112", " 04621 1 "])
    def test_telephone_numbers_are_taken_as_people_write_them(self, doors, phone):
        offer = quotes(doors)[0]["id"]
        body = booking(offer, rider=RIDER | {"phone": phone})
        taken = doors.post("/bookings", json=body, headers=keyed("phone"))
        assert taken.json()["rider"]["phone"] == phone.strip()

    @pytest.mark.parametrize("phone", ["", "+", "12", "+76 ", "04621 x", "04621\n1", "\u0661\u0662\u0663", "0" * 41])
    def test_what_is_no_telephone_number_is_refused_in_words(self, shared_doors, phone):
        body = booking("q_none", rider=RIDER | {"phone": phone})
        answer = shared_doors.post("/bookings", json=body, headers=keyed("phone"))
        (error,) = check_problem(answer, 422, "invalid-input")["errors"]
        assert error["location"] == "rider.phone"
        assert "pattern" not in error["detail"]


class TestMalformed:
    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"null", b'"text"', b"{}{}", b'{"origin": NaN}', b"\x00", b"<xml/>", b"a=b"],
        ids=repr,
    )
    def test_a_body_that_is_no_such_object_is_refused(self, shared_doors, body):
        answer = shared_doors.post("/quotes", content=body, headers={"Content-Type": "application/json"})
        shown = check_problem(answer, 422, "invalid-input")
        assert shown["errors"]

    @pytest.mark.parametrize("body", [b"\xff\xfe\xfd", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"], ids=len)
    def test_a_body_that_cannot_be_read_is_refused(self, shared_doors, body):
        answer = shared_doors.post("/quotes", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}
        check_problem(answer, answer.status_code, "invalid-input")

    @pytest.mark.parametrize("figure", ["NaN", "Infinity", "-Infinity", "1e999"])
    def test_a_number_that_is_none_is_refused(self, shared_doors, figure):
        body = json.dumps(wish()).replace("9.502", figure)
        assert figure in body
        shown = check_problem(
            shared_doors.post("/quotes", content=body, headers={"Content-Type": "application/json"}),
            422,
            "invalid-input",
        )
        assert [error["location"] for error in shown["errors"]] == ["origin.lon"]

    @pytest.mark.parametrize("media", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
    def test_another_media_type_is_refused(self, shared_doors, media):
        answer = shared_doors.post("/quotes", content=json.dumps(wish()), headers={"Content-Type": media})
        check_problem(answer, 422, "invalid-input")

    @pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10_000_000])
    def test_a_body_that_is_too_large_is_refused(self, shared_doors, size):
        shown = check_problem(shared_doors.post("/quotes", content=b" " * size), 413, "too-large")
        assert str(LARGEST_BODY) in shown["detail"]

    def test_one_in_pieces_is_refused_as_soon_as_it_is_too_large(self, shared_doors):
        given, sent = [], []

        async def receive():
            given.append(100_000)
            return {"type": "http.request", "body": b" " * 100_000, "more_body": True}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/api/v1/quotes", "headers": [], "query_string": b""}
        asyncio.run(shared_doors.app(scope, receive, send))
        assert sent[0]["status"] == 413
        assert json.loads(sent[1]["body"])["type"] == "/errors/too-large"
        assert LARGEST_BODY < sum(given) <= LARGEST_BODY + 100_000

    def test_one_in_pieces_that_is_small_enough_is_taken(self, shared_doors):
        pieces = (letter.encode() for letter in json.dumps(wish()))
        answer = shared_doors.post("/quotes", content=pieces, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200

    @pytest.mark.parametrize("said", ["-1", "1e9", "x", "9" * 30])
    def test_a_wrong_length_harms_nobody(self, shared_doors, said):
        answer = shared_doors.post("/quotes", content=b"{}", headers={"Content-Length": said})
        assert answer.status_code in {413, 422}
        check_problem(answer, answer.status_code, "too-large" if answer.status_code == 413 else "invalid-input")

    @pytest.mark.parametrize(
        "path",
        ["/bookings/%00", "/bookings?phone=%00%00%00", "/bookings?code=%00", "/ledger?leg_id=%00", "/places?q=%00",
         "/vehicles/%00/stop-list", "/vehicles/bus-1/stop-list?date=2026-11-25T00", "/plan?date=0", "/plan?date=1999-12-31",
         "/plan?date=2026-02-30", "/places?q=x&limit=0", "/places?q=", "/places", f"/places?q={'x' * 101}",
         f"/bookings/{'x' * 129}", "/bookings?limit=ten"],
    )  # fmt: skip
    def test_an_address_that_cannot_be_meant_is_refused(self, shared_doors, path):
        check_problem(shared_doors.get(path), 422, "invalid-input")

    @pytest.mark.parametrize("path", ["/nothing", "/bookings/b_none", "/vehicles/bus-9/stop-list", "/vehicles/bus-9/route",
                                      "/quotes/", "/bookings/%F0%9F%9A%90", "/vehicles/..%2F..%2Fetc/stop-list"])  # fmt: skip
    def test_what_is_not_there_is_told(self, shared_doors, path):
        check_problem(shared_doors.get(path), 404, "not-found")

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("DELETE", "/bookings", "GET, POST"),
            ("PUT", "/bookings/b_none", "GET"),
            ("GET", "/quotes", "POST"),
            ("PATCH", "/session", "DELETE, GET, POST"),
            ("POST", "/stops", "GET"),
            ("BREW", "/clock", "GET, POST"),
        ],
    )
    def test_another_method_is_refused_and_told_which_are_taken(self, shared_doors, method, path, allowed):
        answer = shared_doors.call(method, path)
        check_problem(answer, 405, "method-not-allowed")
        assert answer.headers["Allow"] == allowed


class TestProblems:
    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("de", "de"), ("de-DE,de;q=0.9,en;q=0.8", "de"), ("en-GB, de", "en"), ("en;q=0.1, de;q=0.9", "de"),
            ("fr, de;q=0.5", "de"), ("fr", "en"), ("", "en"), ("*", "en"), ("de;q=0", "en"), ("deutsch", "en"),
        ],
    )  # fmt: skip
    def test_titles_are_in_the_callers_language_and_types_in_none(self, shared_doors, header, language):
        for path, code in (("/nothing", "not-found"), ("/places", "invalid-input")):
            shown = shared_doors.get(path, headers={"Accept-Language": header})
            assert shown.json()["title"] == TITLES[language][code]
            assert shown.json()["type"] == f"/errors/{code}"
            assert shown.headers["Content-Language"] == language
        large = shared_doors.post("/quotes", content=b" " * 2_000_000, headers={"Accept-Language": header})
        assert large.json()["title"] == TITLES[language]["too-large"]

    def test_every_type_explains_itself(self, shared_doors):
        for code in TITLES["en"]:
            page = shared_doors.http.get(f"/errors/{code}")
            assert page.status_code == 200
            assert TITLES["en"][code] in page.text
        check_problem(shared_doors.http.get("/errors/none"), 404, "not-found")
        assert set(TITLES["en"]) == set(TITLES["de"])

    def test_an_unexpected_error_shows_nothing_of_the_inside(self, doors, monkeypatch, caplog):
        def burst(*_):
            raise RuntimeError("secret of the house")

        monkeypatch.setattr("api.routes.places.search_stops", burst)
        answer = doors.get("/places?q=x")
        shown = check_problem(answer, 500, "internal")
        assert "secret" not in answer.text
        assert "RuntimeError" not in answer.text
        assert "Traceback" not in answer.text
        assert set(shown) == {"type", "title", "status", "detail", "errors"}
        assert "secret of the house" in caplog.text

    def test_a_database_out_of_reach_is_unavailable_and_comes_back(self, doors, monkeypatch):
        def out_of_reach(_store):
            raise Unavailable("The database is out of reach.")

        monkeypatch.setattr(type(doors.running.desk.store), "read", out_of_reach)
        for path in ("/vehicles", "/readyz", "/session"):
            answer = doors.get(path)
            shown = check_problem(answer, 503, "unavailable")
            assert shown["detail"] == "The database is out of reach."
            assert answer.headers["Retry-After"] == "5"
        assert doors.get("/healthz").status_code == 200
        monkeypatch.undo()
        assert doors.get("/vehicles").status_code == 200
        wait_until(lambda: doors.get("/readyz").status_code == 200)

    def test_a_server_whose_background_work_fails_is_not_ready(self, doors, monkeypatch):
        def fail(_desk):
            raise Unavailable("The database is full.")

        monkeypatch.setattr("rufbus.running.tick", fail)
        wait_until(lambda: doors.get("/readyz").status_code == 503)
        shown = check_problem(doors.get("/readyz"), 503, "unavailable")
        assert "The database is full." in shown["detail"]
        monkeypatch.undo()
        wait_until(lambda: doors.get("/readyz").status_code == 200)

    @pytest.mark.parametrize(
        "path", ["/healthz", "/", "/errors/not-found", "/api/v1/clock", "/api/v1/nothing", "/static/x"]
    )
    def test_every_answer_keeps_browsers_safe(self, shared_doors, path):
        headers = shared_doors.http.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert ("no-store" in headers.get("Cache-Control", "")) is path.startswith("/api/")


def test_places_are_found_forgivingly_and_best_first(shared_doors):
    found = shared_doors.get("/places", "rider", params={"q": "corner 2-1", "limit": 3}).json()["places"]
    lon, lat = corner(2, 1)
    assert found[0] == {"stop_id": "S21", "name": "Corner 2-1", "lon": pytest.approx(lon + 0.002), "lat": lat}
    assert len(found) == 3


def test_maps_are_geojson(shared_doors):
    for path, kind in (("/stops", "Point"), ("/map/roads", "LineString")):
        shown = shared_doors.get(path, "rider").json()
        assert shown["type"] == "FeatureCollection"
        assert {feature["geometry"]["type"] for feature in shown["features"]} <= {kind, "MultiLineString"}
        assert shown["features"]


def test_the_way_of_a_van_follows_its_stops(doors):
    assert doors.get("/vehicles/bus-2/route").json()["coordinates"] == []
    book(doors)
    shown = doors.get("/vehicles/bus-1/route").json()
    assert set(shown) == {"vehicle_id", "coordinates", "streets"}
    assert any(street.startswith("Street") for street in shown["streets"])
    assert all(len(point) == 2 for point in shown["coordinates"])


def test_metrics_name_nobody(doors):
    book(doors)
    text = doors.http.get("/metrics").text
    assert RIDER["name"] not in text
    assert RIDER["phone"] not in text


def test_the_clock_of_the_tests_is_the_one_of_their_texts():
    assert NOW_S == 1_795_579_200
