"""Quotes: what could be offered, held for a while."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from rufbus.bootstrap import Running
from rufbus.dispatch.quote import quote_ride
from rufbus.domain.clock_time import from_datetime
from rufbus.domain.errors import FieldError, InvalidInput
from rufbus.domain.place import Place
from rufbus.domain.request import Anchor, Party, Request, Wish
from rufbus.domain.service import Service

from .. import schemas
from ..auth import BOOKERS, Caller, allow, running_of
from ..render import render_offer

router = APIRouter(tags=["booking"])


@router.post("/quotes")
def ask_for_quotes(
    body: schemas.QuoteIn,
    running: Annotated[Running, Depends(running_of)],
    _caller: Annotated[Caller, Depends(allow(BOOKERS))],
) -> schemas.OfferOut:
    """Ask what can be offered; seats are held until ``held_until``."""
    offer = quote_ride(running.desk, to_request(body, running.desk.service))
    return render_offer(running.desk, offer)


def to_request(body: schemas.QuoteIn, service: Service) -> Request:
    """Return the request that a body describes."""
    return Request(
        origin=_end(body.origin),
        destination=_end(body.destination),
        outward=_wish(body, "", service),
        inward=_wish(body.return_, "return.", service) if body.return_ is not None else None,
        party=Party(**body.party.model_dump()),
    )


def _end(end: schemas.Point | schemas.AtStop) -> Place | str:
    return Place(end.lon, end.lat) if isinstance(end, schemas.Point) else end.stop_id


def _wish(wish: schemas.WishIn, where: str, service: Service) -> Wish:
    given = [
        (anchor, at)
        for anchor, at in ((Anchor.DEPART_AFTER, wish.depart_after), (Anchor.ARRIVE_BY, wish.arrive_by))
        if at is not None
    ]
    if len(given) != 1:
        raise InvalidInput(
            "Give exactly one of depart_after and arrive_by for each direction.",
            errors=(FieldError(f"{where}depart_after", "give this or arrive_by, not both and not neither"),),
        )
    anchor, at = given[0]
    return Wish(anchor, from_datetime(at, service.zone))
