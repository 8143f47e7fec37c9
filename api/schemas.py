"""What goes over the wire: JSON in snake_case, times in RFC 3339, places as WGS84 lon and lat."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from rufbus.dispatch.reports import NEEDED_FIELDS, ReportKind

from .fields import NUMBER, Count, Lat, Line, Lon, Name, Note, Phone, Time, Truth


class In(BaseModel):
    """What comes in: nothing unknown is let through."""

    model_config = ConfigDict(extra="forbid")


class Point(In):
    """A place on the earth."""

    lon: Lon
    lat: Lat


class AtStop(In):
    """A stop by its id."""

    stop_id: Name


class PartyIn(In):
    """Who rides together and what they bring; at least one person."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": [name], "properties": {name: {"minimum": 1}}}
                for name in ("adults", "children", "wheelchairs", "companions")
            ]
        }
    )

    adults: Count = 0
    children: Count = 0
    wheelchairs: Count = 0
    walkers: Count = 0
    prams: Count = 0
    companions: Count = 0


def _only(given: str, other: str) -> dict[str, Any]:
    """Return the schema of objects that have the one and not the other."""
    return {"required": [given], "properties": {given: {"type": "string"}, other: {"type": "null"}}}


class WishIn(In):
    """A wished time: exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [_only("depart_after", "arrive_by"), _only("arrive_by", "depart_after")]}
    )

    depart_after: Time | None = None
    arrive_by: Time | None = None


def _kind_of_end(value: object) -> str:
    """Return how an end of a ride is given, so that only errors of that kind are told."""
    return AT_STOP if isinstance(value, AtStop) or (isinstance(value, dict) and "stop_id" in value) else AT_POINT


AT_STOP, AT_POINT = "at_stop", "at_point"
End = Annotated[Annotated[Point, Tag(AT_POINT)] | Annotated[AtStop, Tag(AT_STOP)], Discriminator(_kind_of_end)]
"""One end of a ride: a place, or a stop by its id."""


class QuoteIn(WishIn):
    """A request for a ride, and perhaps the ride back."""

    origin: End
    destination: End
    party: PartyIn = PartyIn(adults=1)
    return_: WishIn | None = Field(default=None, alias="return")


class RiderIn(In):
    """Who to tell."""

    name: Line
    phone: Phone


class BookingIn(In):
    """An offer to take."""

    quote_id: Name
    rider: RiderIn
    note: Note = ""


TYPES = {
    "leg_id": "string", "stop": "string", "lon": "number", "lat": "number", "delay_s": "integer", "version": "integer",
}  # fmt: skip
"""What the fields of a report are where it cannot do without them."""


def _report_of(kind: ReportKind) -> dict[str, Any]:
    """Return the schema of reports of one kind, with the fields that it cannot do without."""
    needed = NEEDED_FIELDS.get(kind, ())
    properties = {"kind": {"const": kind.value}, **{name: {"type": TYPES[name]} for name in needed}}
    return {"required": ["kind", *needed], "properties": properties}


class ReportIn(In):
    """One report of a driver."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [_report_of(kind) for kind in ReportKind]})

    id: Name
    at: Time
    kind: Literal[
        "arrived", "boarded", "no_show", "alighted", "departed", "position", "delay", "breakdown", "break_start",
        "break_end", "ack",
    ]  # fmt: skip
    stop: Name | None = None
    """The stop of the list, ``v_…``."""
    leg_id: Name | None = None
    delay_s: Annotated[int, Field(ge=0, le=86_400), NUMBER] | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    version: Annotated[int, Field(ge=0, le=2**31), NUMBER] | None = None


class MoveIn(In):
    """A ride to be moved to another van."""

    leg_id: Name
    vehicle_id: Name
    commit: Truth = False


class AdvanceIn(In):
    """How far to move the injected clock."""

    advance_s: Annotated[int, Field(ge=1, le=7 * 86_400), NUMBER]


class PartyOut(BaseModel):
    """Who rides together."""

    adults: int
    children: int
    wheelchairs: int
    walkers: int
    prams: int
    companions: int


class StopPointOut(BaseModel):
    """One end of a leg."""

    stop_id: str
    name: str
    lon: float
    lat: float
    walk_m: int


class PromiseOut(BaseModel):
    """What is told to the rider and binds."""

    pickup_from: str
    pickup_to: str
    dropoff_by: str


class QuoteLegOut(BaseModel):
    """One direction of an offer."""

    direction: Literal["outward", "return"]
    pickup: StopPointOut
    dropoff: StopPointOut
    promise: PromiseOut
    direct_s: int
    max_ride_s: int


class QuoteOut(BaseModel):
    """An offer whose seats are held."""

    id: str
    held_until: str
    legs: list[QuoteLegOut]
    price_ct: int
    alternative: bool


class RefusalOut(BaseModel):
    """Why it cannot be as wished."""

    reason: str
    detail: str
    direction: Literal["outward", "return"]
    binding: dict[str, Any]


class OfferOut(BaseModel):
    """The answer to a request."""

    quotes: list[QuoteOut]
    refusal: RefusalOut | None


class PlannedOut(BaseModel):
    """What the plan has for a leg now; it may change within the promise."""

    pickup_at: str | None
    dropoff_at: str | None


class BookingLegOut(BaseModel):
    """One direction of a booking."""

    id: str
    direction: Literal["outward", "return"]
    state: str
    pickup: StopPointOut
    dropoff: StopPointOut
    promise: PromiseOut
    first_promise: PromiseOut
    direct_s: int
    max_ride_s: int
    vehicle_id: str | None
    planned: PlannedOut


class RiderOut(BaseModel):
    """Who to tell."""

    name: str
    phone: str


class BookingOut(BaseModel):
    """A booking."""

    id: str
    code: str
    state: str
    rider: RiderOut
    note: str
    party: PartyOut
    legs: list[BookingLegOut]
    price_ct: int
    booked_at: str


class BookingsOut(BaseModel):
    """Bookings, newest first."""

    bookings: list[BookingOut]


class VehicleOut(BaseModel):
    """A van."""

    id: str
    name: str
    seats: int
    wheelchair_places: int
    luggage_places: int
    depot: Point
    position: Point | None
    """Where it is: as reported, or as the plan has it."""
    state: Literal["off", "waiting", "driving", "at-stop", "silent", "out-of-service"]
    stop_list_version: int
    acknowledged_version: int
    aboard: int


class VehiclesOut(BaseModel):
    """The fleet."""

    vehicles: list[VehicleOut]


class CallOut(BaseModel):
    """One thing to do at a stop."""

    leg_id: str | None
    kind: Literal["pickup", "dropoff", "break", "depot"]
    begin_at: str | None
    """When it begins as planned; the depot has no such times."""
    end_at: str | None
    name: str | None
    party: PartyOut | None
    state: str | None
    note: str | None


class ListedStopOut(BaseModel):
    """One line of a stop list."""

    id: str
    stop_id: str
    name: str
    lon: float
    lat: float
    arrive_at: str
    depart_at: str
    state: Literal["planned", "frozen", "arrived", "departed"]
    calls: list[CallOut]


class StopListOut(BaseModel):
    """What a driver sees."""

    vehicle_id: str
    version: int
    stops: list[ListedStopOut]


class TakenOut(BaseModel):
    """What came of a batch of reports."""

    accepted: list[str]
    known: list[str]
    conflicts: list[str]


class TourOut(BaseModel):
    """One shift of one van and its stops."""

    shift_id: str
    vehicle_id: str
    service_day: str
    start_at: str
    end_by: str
    version: int
    stops: list[ListedStopOut]


class PlanOut(BaseModel):
    """All tours of a service day."""

    service_day: str
    version: int
    tours: list[TourOut]
    vehicle_time_s: int
    length_m: int


class ImprovementOut(BaseModel):
    """What came of an attempt to improve a day."""

    service_day: str
    applied: bool
    reason: str
    cost_before_s: int
    cost_after_s: int
    tours_changed: int


class ImprovementsOut(BaseModel):
    """Attempts to improve, day by day."""

    improvements: list[ImprovementOut]


class MoveOut(BaseModel):
    """What moving a ride would mean, or meant."""

    possible: bool
    committed: bool
    cost_s: int | None
    """Vehicle time that it adds (s)."""
    detail: str


class LedgerEntryOut(BaseModel):
    """One line of the ledger of promises."""

    leg_id: str
    at: str
    entry: str
    by: str
    reason: str
    data: dict[str, Any]


class LedgerOut(BaseModel):
    """The ledger of promises."""

    counts: dict[str, int]
    entries: list[LedgerEntryOut]


class ClockOut(BaseModel):
    """The time in force."""

    now: str
    timezone: str
    injected: bool
    speed: float | None


class PlaceOut(BaseModel):
    """A place that was looked for."""

    stop_id: str
    name: str
    lon: float
    lat: float


class PlacesOut(BaseModel):
    """What a search found, best first."""

    places: list[PlaceOut]


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946)."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class RouteOut(BaseModel):
    """The way a van has driven and will drive."""

    vehicle_id: str
    coordinates: list[Annotated[list[float], Field(min_length=2, max_length=2)]]
    streets: list[str]


class HealthOut(BaseModel):
    """That the server lives, or is ready."""

    status: Literal["ok"]
    detail: str


class SessionIn(In):
    """A key to open a browser session with."""

    token: Name


class SessionOut(BaseModel):
    """Who the caller is."""

    role: str
    vehicle_id: str | None
    demo: bool
    service: str
