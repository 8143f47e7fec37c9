"""Every route says who may use it, and nobody else gets through: generated from the routes themselves."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, Route

from api.app import make_app
from api.auth import EVERYBODY, Public, Role, public

from .small_town import booking, wish

KEYED = {"Idempotency-Key": "roles"}
DECIDED = {"Last-Event-ID": "not a number"}  # a stream never ends; this one is refused after the caller was let in
REPORT = [{"id": "roles-1", "at": "2026-11-25T05:00:00+01:00", "kind": "position", "lon": 9.5, "lat": 54.5}]

CALLS = {
    ("POST", "/api/v1/quotes"): ({"json": wish()}, 200),
    ("POST", "/api/v1/bookings"): ({"json": booking("q_none"), "headers": KEYED}, 409),
    ("GET", "/api/v1/bookings"): ({}, 200),
    ("GET", "/api/v1/bookings/{booking_id}"): ({}, 404),
    ("POST", "/api/v1/bookings/{booking_id}/cancel"): ({"headers": KEYED}, 404),
    ("GET", "/api/v1/vehicles"): ({}, 200),
    ("GET", "/api/v1/vehicles/{vehicle_id}/stop-list"): ({}, 200),
    ("POST", "/api/v1/vehicles/{vehicle_id}/reports"): ({"json": REPORT}, 200),
    ("GET", "/api/v1/vehicles/{vehicle_id}/events"): ({"headers": DECIDED}, 422),
    ("GET", "/api/v1/vehicles/{vehicle_id}/route"): ({}, 200),
    ("GET", "/api/v1/events"): ({"headers": DECIDED}, 422),
    ("GET", "/api/v1/plan"): ({}, 200),
    ("POST", "/api/v1/plan/improve"): ({"params": {"seconds": 0.01}}, 200),
    ("POST", "/api/v1/plan/moves"): ({"json": {"leg_id": "l_none", "vehicle_id": "bus-1"}}, 404),
    ("GET", "/api/v1/ledger"): ({}, 200),
    ("GET", "/api/v1/places"): ({"params": {"q": "Corner"}}, 200),
    ("GET", "/api/v1/stops"): ({}, 200),
    ("GET", "/api/v1/map/roads"): ({}, 200),
    ("GET", "/api/v1/map/water"): ({}, 200),
    ("GET", "/api/v1/clock"): ({}, 200),
    ("POST", "/api/v1/clock"): ({"json": {"advance_s": 1}}, 200),
    ("GET", "/api/v1/healthz"): ({}, 200),
    ("GET", "/api/v1/readyz"): ({}, 200),
    ("GET", "/api/v1/metrics"): ({}, 200),
    ("GET", "/api/v1/session"): ({}, 200),
    ("POST", "/api/v1/session"): ({"json": {"token": "nobody's"}}, 401),
    ("DELETE", "/api/v1/session"): ({}, 204),
    ("GET", "/healthz"): ({}, 200),
    ("GET", "/readyz"): ({}, 200),
    ("GET", "/metrics"): ({}, 200),
    ("GET", "/"): ({}, 200),
    ("GET", "/errors/{code}"): ({}, 200),
}
"""For each route a call that gets as far as whoever is let in can get, and what it then answers."""

PARAMETERS = {"booking_id": "b_none", "vehicle_id": "bus-1", "code": "not-found"}
REFUSED = {None: 401, "revoked": 401, "unknown": 401}


def roles_of(dependant):
    """Return the sets of roles that a route's dependencies declare."""
    own = [dependant.call.roles] if hasattr(dependant.call, "roles") else []
    return own + [roles for below in dependant.dependencies for roles in roles_of(below)]


def declared_routes(app):
    """Yield method, path, declared sets of roles and whether it is open to everybody, for every route."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Mount) or context.path == app.openapi_url:
            continue
        dependant = getattr(context, "dependant", None)
        found = roles_of(dependant) if dependant is not None else []
        for method in sorted(context.methods - {"HEAD"}):
            yield method, context.path, found, dependant is not None and is_public(dependant)


def is_public(dependant):
    return dependant.call is public or any(is_public(below) for below in dependant.dependencies)


def undeclared(app):
    return [(method, path) for method, path, found, _ in declared_routes(app) if len(found) != 1]


ROUTES = {(method, path): (roles, open_) for method, path, (roles,), open_ in declared_routes(make_app(lambda: None))}


def test_every_route_declares_once_who_may_use_it():
    assert undeclared(make_app(lambda: None)) == []


def test_a_route_without_a_declaration_is_found():
    app = FastAPI()
    router = APIRouter(prefix="/inner")

    @router.get("/open", dependencies=[Public])
    def declared():
        return {}

    @router.get("/forgotten")
    def forgotten():
        return {}

    app.include_router(router, prefix="/outer")
    app.router.routes.append(Route("/plain", lambda request: None))
    assert ("GET", "/outer/inner/forgotten") in undeclared(app)
    assert ("GET", "/plain") in undeclared(app)
    assert ("GET", "/outer/inner/open") not in undeclared(app)


def test_every_route_is_called_here_and_none_that_is_not_there():
    assert set(CALLS) == set(ROUTES)


def call(doors, method, path, who):
    arguments, _ = CALLS[method, path]
    headers = {**doors.headers(who), **arguments.get("headers", {})}
    target = path.format(**PARAMETERS)
    return doors.http.request(method, target, **{**arguments, "headers": headers})


@pytest.mark.parametrize("who", [*(role.value for role in Role), *REFUSED], ids=lambda who: who or "no key")
@pytest.mark.parametrize(("method", "path"), CALLS, ids=lambda part: part)
def test_only_who_is_declared_gets_through(shared_doors, method, path, who):
    roles, is_open = ROUTES[method, path]
    _, reached = CALLS[method, path]
    if is_open:
        expected = reached
    elif who in REFUSED:
        expected = 401
    else:
        expected = reached if who in roles else 403
    answer = call(shared_doors, method, path, who)
    assert answer.status_code == expected, answer.text
    if expected == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    if expected == 403:
        assert answer.json()["type"] == "/errors/forbidden"
        assert who in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path"), [key for key in CALLS if "{vehicle_id}" in key[1]], ids=lambda part: part)
def test_for_a_driver_another_van_does_not_exist(shared_doors, method, path):
    other = call(shared_doors, method, path, "driver-2")
    assert other.status_code == 404
    arguments, _ = CALLS[method, path]
    headers = {**shared_doors.headers("driver-2"), **arguments.get("headers", {})}
    absent = shared_doors.http.request(method, path.format(vehicle_id="bus-9"), **{**arguments, "headers": headers})
    assert absent.status_code == 404
    assert absent.text.replace("bus-9", "bus-1") == other.text


def test_a_driver_sees_no_van_but_the_own(shared_doors):
    assert [van["id"] for van in shared_doors.get("/vehicles", "driver").json()["vehicles"]] == ["bus-1"]
    assert [van["id"] for van in shared_doors.get("/vehicles", "driver-2").json()["vehicles"]] == ["bus-2"]


def test_a_rider_sees_and_cancels_only_what_was_booked_with_the_same_key(doors):
    quote = doors.post("/quotes", "rider", json=wish()).json()["quotes"][0]["id"]
    booked = doors.post("/bookings", "rider", json=booking(quote), headers=KEYED).json()
    path = f"/bookings/{booked['id']}"
    assert doors.get(path, "rider").status_code == 200
    for other in (doors.get(path, "rider-2"), doors.post(f"{path}/cancel", "rider-2", headers=KEYED)):
        assert other.status_code == 404
        assert booked["code"] not in other.text
    absent = doors.get("/bookings/b_none", "rider-2")
    assert absent.text.replace("b_none", booked["id"]) == doors.get(path, "rider-2").text
    assert doors.get(path, "operator").json()["state"] == "promised"


def test_a_rider_cannot_name_who_has_booked(doors):
    """Nothing of the body decides whose booking it is, what it costs or in which state it is."""
    quote = doors.post("/quotes", "rider", json=wish()).json()["quotes"][0]["id"]
    for field, value in (("booked_by", "k_other"), ("price_ct", 0), ("state", "completed"), ("vehicle_id", "bus-2")):
        answer = doors.post("/bookings", "rider", json=booking(quote, **{field: value}), headers=KEYED)
        assert answer.status_code == 422
        assert answer.json()["errors"] == [{"location": field, "detail": "is unknown: leave it out"}]


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_everybody_learns_who_they_are_and_nothing_of_the_key(shared_doors, role):
    shown = shared_doors.get("/session", role).json()
    assert shown["role"] == role
    assert shown["vehicle_id"] == ("bus-1" if role == "driver" else None)
    assert shared_doors.tokens[role] not in shared_doors.get("/session", role).text
    assert role in EVERYBODY


class TestCookie:
    """A browser carries its key in a cookie, and changes come from our own pages only."""

    def sign_in(self, doors, role):
        answer = doors.http.post("/api/v1/session", json={"token": doors.tokens[role]})
        assert answer.status_code == 200
        (cookie,) = answer.headers.get_list("set-cookie")
        doors.http.cookies.clear()
        assert {"httponly", "path=/", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
        return cookie.split(";")[0]

    def test_it_reads_and_it_writes_from_our_own_page(self, doors):
        cookie = self.sign_in(doors, "operator")
        assert doors.http.get("/api/v1/bookings", headers={"Cookie": cookie}).status_code == 200
        own = {"Cookie": cookie, "Origin": "http://testserver"}
        assert doors.http.post("/api/v1/quotes", json=wish(), headers=own).status_code == 200

    @pytest.mark.parametrize("origin", [None, "null", "", "http://evil.example", "http://testserver.evil.example"])
    def test_a_change_from_another_page_is_refused(self, doors, origin):
        headers = {"Cookie": self.sign_in(doors, "operator"), **({} if origin is None else {"Origin": origin})}
        answer = doors.http.post("/api/v1/quotes", json=wish(), headers=headers)
        assert answer.status_code == 403
        assert answer.json()["type"] == "/errors/forbidden"

    def test_it_is_taken_away_at_the_end(self, doors):
        cookie = self.sign_in(doors, "operator")
        answer = doors.http.delete("/api/v1/session", headers={"Cookie": cookie, "Origin": "http://testserver"})
        assert answer.status_code == 204
        assert 'rufbus_session=""' in answer.headers["set-cookie"]

    @pytest.mark.parametrize("cookie", ["rufbus_session=", "rufbus_session=nonsense", "rufbus_session=\u00ff"])
    def test_one_that_is_none_of_ours_is_refused(self, doors, cookie):
        answer = doors.http.get("/api/v1/bookings", headers={"Cookie": cookie.encode("latin-1")})
        assert answer.status_code == 401

    @pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer ", "bearer\u00ff x", "x"])
    def test_a_header_that_is_no_bearer_key_is_refused_even_beside_a_good_cookie(self, doors, header):
        headers = {"Cookie": self.sign_in(doors, "operator").encode(), "Authorization": header.encode("latin-1")}
        answer = doors.http.get("/api/v1/bookings", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["type"] == "/errors/not-signed-in"
