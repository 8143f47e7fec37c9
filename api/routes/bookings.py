"""Bookings: take an offer, look at it, cancel it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, StringConstraints

from rufbus.bootstrap import Running
from rufbus.dispatch.book import Booked, book_ride, get_booked
from rufbus.dispatch.cancel import cancel_booking
from rufbus.dispatch.idempotency import IdempotencyKey, find_answer
from rufbus.dispatch.quote import requote
from rufbus.domain.booking import Booking, Rider
from rufbus.domain.errors import NotFound, OfferGone
from rufbus.ports import StoredAnswer

from .. import schemas
from ..auth import BOOKERS, STAFF, Caller, Role, allow, running_of
from ..etags import UNCHANGED, answer_with_etag
from ..fields import Name
from ..problems import answer_error
from ..render import render_booking, render_offer

router = APIRouter(tags=["booking"])

Key = Annotated[
    str,
    Header(alias="Idempotency-Key", description="A new one for each new request."),
    StringConstraints(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$"),
]


@router.post("/bookings", status_code=201, response_model=schemas.BookingOut)
def take_offer(
    request: Request,
    body: schemas.BookingIn,
    key: Key,
    running: Annotated[Running, Depends(running_of)],
    caller: Annotated[Caller, Depends(allow(BOOKERS))],
) -> Response:
    """Turn a held offer into a booking; the same key and body get the same answer."""
    known = _idempotency_key(caller, "bookings", key, body)

    def work() -> Response:
        answer = _answering(running, 201)
        try:
            booked = book_ride(
                running.desk,
                body.quote_id,
                Rider(body.rider.name, body.rider.phone),
                body.note,
                by=caller.key_id,
                key=known,
                answer=answer,
            )
        except OfferGone as gone:
            return answer_error(request, gone, {"quotes": _fresh_quotes(running, body.quote_id)})
        return _stored(StoredAnswer(known.body_hash, *answer(booked)))

    return _once(running, known, work)


@router.get("/bookings", response_model=schemas.BookingsOut)
def list_bookings(
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(STAFF))],
    phone: Annotated[Name | None, Query(min_length=3, max_length=40)] = None,
    code: Annotated[Name | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.BookingsOut:
    """List bookings, newest first: all, those of a telephone number, or the one with a code."""
    desk = running.desk
    with desk.store.read() as session:
        if code is not None:
            one = session.find_booking_by_code(code.strip().upper())
            found = [one] if one is not None else []
        else:
            found = list(session.list_bookings(phone=phone, limit=limit))
        shown = [render_booking(desk, get_booked(desk, session, booking)) for booking in found]
    return schemas.BookingsOut(bookings=shown)


@router.get("/bookings/{booking_id}", response_model=schemas.BookingOut, responses=UNCHANGED)
def get_booking(
    request: Request,
    booking_id: Name,
    running: Annotated[Running, Depends(running_of)],
    caller: Annotated[Caller, Depends(allow(BOOKERS))],
) -> Response:
    """Return one booking with its legs as planned now."""
    desk = running.desk
    with desk.store.read() as session:
        booking = session.find_booking(booking_id)
        _check_own(caller, booking, booking_id)
        assert booking is not None  # noqa: S101 — _check_own has raised otherwise
        shown = render_booking(desk, get_booked(desk, session, booking))
    return answer_with_etag(request, shown)


@router.post("/bookings/{booking_id}/cancel", response_model=schemas.BookingOut)
def cancel(
    booking_id: Name,
    key: Key,
    running: Annotated[Running, Depends(running_of)],
    caller: Annotated[Caller, Depends(allow(BOOKERS))],
) -> Response:
    """Cancel every leg that has not begun; the same key gets the same answer."""
    desk = running.desk
    with desk.store.read() as session:
        _check_own(caller, session.find_booking(booking_id), booking_id)
    known = _idempotency_key(caller, f"cancel/{booking_id}", key, None)

    def work() -> Response:
        def render(booked: Booked) -> str:
            return render_booking(desk, booked).model_dump_json()

        rendered: list[str] = []

        def answer(booked: Booked) -> tuple[int, str]:
            rendered.append(render(booked))
            return 200, rendered[-1]

        cancel_booking(desk, booking_id, by=caller.key_id, key=known, answer=answer)
        return _stored(StoredAnswer(known.body_hash, 200, rendered[-1]))

    return _once(running, known, work)


def _check_own(caller: Caller, booking: Booking | None, booking_id: str) -> None:
    """Show a rider's key only what was booked with it: for anything else there is no such booking."""
    if booking is None or (caller.role is Role.RIDER and booking.booked_by != caller.key_id):
        raise NotFound(f"There is no booking {booking_id}.")


def _idempotency_key(caller: Caller, operation: str, key: str, body: BaseModel | None) -> IdempotencyKey:
    content = json.dumps(body.model_dump(mode="json") if body is not None else None, sort_keys=True)
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    return IdempotencyKey(f"{caller.key_id}/{operation}", key, digest)


def _once(running: Running, key: IdempotencyKey, work: Callable[[], Response]) -> Response:
    """Do ``work`` unless its key has been answered; two at once are told apart."""
    with running.desk.store.read() as session:
        stored = find_answer(session, key)
    if stored is not None:
        return _stored(stored)
    with running.keys_at_work.claim(key):
        with running.desk.store.read() as session:
            stored = find_answer(session, key)
        return _stored(stored) if stored is not None else work()


def _stored(answer: StoredAnswer) -> Response:
    return Response(answer.body, answer.status, media_type="application/json")


def _answering(running: Running, status: int) -> Callable[[Booked], tuple[int, str]]:
    return lambda booked: (status, render_booking(running.desk, booked).model_dump_json())


def _fresh_quotes(running: Running, quote_id: str) -> list[dict[str, Any]]:
    """Return new offers for the request behind one that is gone; none when it never was."""
    try:
        offer = requote(running.desk, quote_id)
    except NotFound:
        return []
    return [quote.model_dump(mode="json") for quote in render_offer(running.desk, offer).quotes]
