"""Domain values to store: plain ones by hand, and strategies that draw any."""

from hypothesis import strategies as st

from rufbus.domain.booking import Booking, BookingState, Leg, LegState, Quote, Rider, StopPoint
from rufbus.domain.events import Event, EventKind
from rufbus.domain.promise import Promise
from rufbus.domain.request import Direction, Party
from rufbus.domain.tour import Call, CallKind, Tour
from rufbus.ports import AccessKey, LedgerEntry

EIGHT = 1_795_000_000
"""Some morning (s)."""
SHIFT = "2026-11-18/bus-1/0"

Loads = list[tuple[int, int, int, int]]


def make_promise(pickup_from=EIGHT, *, window_s=1200, dropoff_by=None):
    pickup_to = pickup_from + window_s
    return Promise(pickup_from, pickup_to, dropoff_by or pickup_to + 1800, 1800)


def make_leg(leg_id="l_1", **changes):
    promise = changes.pop("promise", make_promise())
    given = {
        "booking_id": None,
        "quote_id": "q_1",
        "direction": Direction.OUTWARD,
        "service_day": "2026-11-18",
        "pickup": StopPoint("S1", 120),
        "dropoff": StopPoint("S2"),
        "party": Party(adults=1, walkers=1),
        "promise": promise,
        "first_promise": promise,
        "direct_s": 600,
        "state": LegState.HELD,
        "held_until": EIGHT,
    }
    return Leg(leg_id, **{**given, **changes})


def make_quote(quote_id="q_1", **changes):
    given = {"request_id": "r_1", "party": Party(), "price_ct": 350, "held_until": EIGHT, "alternative": False}
    return Quote(quote_id, **{**given, **changes})


def make_booking(booking_id="b_1", **changes):
    given = {
        "code": f"code of {booking_id}",
        "quote_id": f"quote of {booking_id}",
        "rider": Rider("Änne Größ", "+49 4621 1"),
        "note": "Klingel „Groß“ 🚐",
        "party": Party(),
        "price_ct": 350,
        "state": BookingState.PROMISED,
        "booked_at": EIGHT,
    }
    return Booking(booking_id, **{**given, **changes})


def make_calls(leg_ids):
    """Return calls that pick all up and then set all down."""
    kinds = [(CallKind.PICKUP, leg_id) for leg_id in leg_ids] + [(CallKind.DROPOFF, leg_id) for leg_id in leg_ids]
    return tuple(
        Call(kind, f"S{at}", EIGHT + 60 * at, EIGHT + 60 * at + 30, leg_id=leg_id)
        for at, (kind, leg_id) in enumerate(kinds)
    )


def make_tour(leg_ids=(), shift_id=SHIFT, **changes):
    given = {"service_day": "2026-11-18", "vehicle_id": "bus-1", "version": 1, "calls": make_calls(leg_ids)}
    return Tour(shift_id, **{**given, **changes})


def make_loads(tour, seats=8):
    """Return one load a call, one person a leg."""
    aboard, loads = 0, []
    for call in tour.calls:
        aboard += 1 if call.kind is CallKind.PICKUP else -1
        loads.append((aboard, seats, 0, 1))
    return loads


def make_event(**changes):
    given = {"kind": EventKind.BOOKED, "at": EIGHT, "data": {"leg_ids": ["l_1"], "pickup_at": EIGHT}}
    return Event(**{**given, **changes})


def make_entry(leg_id="l_1", **changes):
    given = {"at": EIGHT, "entry": "made", "by": "system", "reason": "booked", "data": {"pickup_to": EIGHT}}
    return LedgerEntry(leg_id, **{**given, **changes})


def make_key(key_id="k_1", **changes):
    given = {"token_hash": f"hash of {key_id}", "role": "driver", "vehicle_id": "bus-1", "created_at": EIGHT}
    return AccessKey(key_id, **{**given, **changes})


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
"""Any text that both engines keep; PostgreSQL has no NUL, and the edge lets none in."""
instants = st.integers(-(2**40), 2**40)
counts = st.integers(0, 9)
figures = st.integers(0, 2**31 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
datas = st.dictionaries(texts, json_values, max_size=4)
parties = st.builds(Party, st.integers(1, 9), counts, counts, counts, counts, counts)


@st.composite
def promises(draw):
    pickup_from, pickup_to, dropoff_by = sorted(draw(st.tuples(instants, instants, instants)))
    return Promise(pickup_from, pickup_to, dropoff_by, draw(figures))


legs = st.builds(
    Leg,
    id=texts,
    booking_id=st.none() | texts,
    quote_id=texts,
    direction=st.sampled_from(Direction),
    service_day=texts,
    pickup=st.builds(StopPoint, texts, figures),
    dropoff=st.builds(StopPoint, texts, figures),
    party=parties,
    promise=promises(),
    first_promise=promises(),
    direct_s=figures,
    state=st.sampled_from(LegState),
    held_until=st.none() | instants,
    boarded_at=st.none() | instants,
    alighted_at=st.none() | instants,
    assumed=st.booleans(),
)
calls = st.builds(
    Call,
    kind=st.sampled_from(CallKind),
    stop_id=texts,
    begin_at=instants,
    depart_at=instants,
    leg_id=st.none() | texts,
    break_number=st.none() | counts,
    held_until=st.none() | instants,
    arrived_at=st.none() | instants,
    done_at=st.none() | instants,
)
tours = st.builds(
    Tour,
    shift_id=texts,
    service_day=texts,
    vehicle_id=texts,
    version=st.just(1),
    calls=st.lists(calls, max_size=6).map(tuple),
    delay_s=figures,
    departed_at=st.none() | instants,
    reported_at=st.none() | instants,
    out_of_service_from=st.none() | instants,
)
quotes = st.builds(
    Quote,
    id=texts,
    request_id=texts,
    party=parties,
    price_ct=figures,
    held_until=instants,
    alternative=st.booleans(),
)
bookings = st.builds(
    Booking,
    id=texts,
    code=texts,
    quote_id=texts,
    rider=st.builds(Rider, texts, texts),
    note=texts,
    party=parties,
    price_ct=figures,
    state=st.sampled_from(BookingState),
    booked_at=instants,
    version=st.integers(1, 99),
    booked_by=texts,
)
events = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    at=instants,
    vehicle_id=st.none() | texts,
    leg_id=st.none() | texts,
    booking_id=st.none() | texts,
    data=datas,
)
entries = st.builds(LedgerEntry, leg_id=texts, at=instants, entry=texts, by=texts, reason=texts, data=datas)
