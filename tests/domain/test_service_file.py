"""The service file: read in full, or refused with every fault at once."""

import datetime as dt
import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rufbus.domain.calendar import shifts_on
from rufbus.domain.errors import InvalidInput, InvalidServiceFile
from rufbus.domain.fleet import Vehicle
from rufbus.domain.place import Place
from rufbus.domain.service import Closure, DayWindow, Regime, Service, ShiftRule
from rufbus.domain.service_file import parse_service
from rufbus.domain.service_keys import ENGINES, FIGURES, TABLES, keys_of

H = 3600
SQUARE = '{"type":"Polygon","coordinates":[[[9.4,54.4],[9.7,54.4],[9.7,54.6],[9.4,54.6],[9.4,54.4]]]}'
FULL = """
[service]
id = "sl-fl"
name = "Rufbus Schleswig-Flensburg"
regime = "linienbedarfsverkehr"
timezone = "Europe/Berlin"
phone = "+49 4621 000000"

[hours]
mon-thu = ["05:00-21:00"]
fri = ["05:00-24:00"]
sat = ["06:00-24:00"]
sun = ["09:00-20:00"]
holidays = "DE-SH"

[booking]
earliest_days = 7
min_notice_s = 3600
hold_s = 180

[promise]
pickup_window_s = 1200
narrowed_window_s = 600
freeze_s = 3600
max_ride_factor = 1.5
max_ride_add_s = 600
late_detour_lock_s = 300

[walking]
max_m = 500
speed_kmh = 3.6

[stops]
spacing_m = 300
dwell_s = 30

[boarding_s]
adult = 10
child = 15
walker = 40
wheelchair = 180

[[areas]]
id = "nord"
polygon = "areas/nord.geojson"

[[vehicles]]
id = "bus-1"
seats = 8
wheelchair_places = 1
seats_lost_per_wheelchair = 2
depot = [9.5496, 54.5142]

[[shifts]]
vehicle = "bus-1"
days = "mon-fri"
time = "05:00-13:00"
break_s = 1800
break_window = "08:00-11:00"
"""
HEAD = '[service]\nid = "s"\nname = "S"\ntimezone = "Europe/Berlin"\n'
VAN = '[[vehicles]]\nid = "bus-1"\nseats = 8\ndepot = [9.5, 54.5]\n'


def parse(text, polygon=SQUARE):
    return parse_service(text, file_name="service.toml", read_polygon=lambda _: polygon)


def faults(text, polygon=SQUARE):
    """Faults of a file, as a dictionary from key path to sentence."""
    with pytest.raises(InvalidServiceFile) as caught:
        parse(text, polygon)
    error = caught.value
    assert error.detail.startswith("service.toml")
    assert all(fault.detail in error.detail for fault in error.errors[:20])
    return {fault.location: fault.detail for fault in error.errors}


def changed(old, new):
    assert FULL.count(old) == 1
    return FULL.replace(old, new)


def small(shifts, hours='mon-sun = ["00:00-24:00"]'):
    """A small file with the given ``[[shifts]]``: (days, time, other lines)."""
    tables = [
        f'[[shifts]]\nvehicle = "bus-1"\ndays = "{days}"\ntime = "{time}"\n{more}\n' for days, time, more in shifts
    ]
    return f"{HEAD}[hours]\n{hours}\n{VAN}{''.join(tables)}"


# --- what is read ----------------------------------------------------------------------------------------------------


def test_the_whole_file_is_read():
    service = parse(FULL)
    assert (service.id, service.regime, service.zone.key) == ("sl-fl", Regime.LINIENBEDARFSVERKEHR, "Europe/Berlin")
    assert service.hours.weekdays[0] == service.hours.weekdays[3] == (DayWindow(5 * H, 21 * H),)
    assert service.hours.weekdays[4] == (DayWindow(5 * H, 24 * H),)
    assert service.hours.holidays == "DE-SH"
    assert service.vehicles == (Vehicle("bus-1", "bus-1", 8, 1, 2, 8, Place(9.5496, 54.5142)),)
    assert service.shifts == (
        ShiftRule("bus-1", frozenset(range(5)), frozenset(), DayWindow(5 * H, 13 * H), 1800, DayWindow(8 * H, 11 * H)),
    )
    assert service.areas[0].polygon.area == pytest.approx(0.06)


def test_what_the_file_leaves_out_has_the_defaults_of_the_service():
    service = parse(small([("mon", "08:00-12:00", "")]))
    usual = Service("", "", service.regime, service.zone, "", service.hours, (), ())
    for name in ("booking", "promise", "walking", "stops", "boarding", "fares", "solver", "areas"):
        assert getattr(service, name) == getattr(usual, name)


@given(st.data())
def test_every_figure_within_its_limits_arrives_where_its_name_says(data):
    table = data.draw(
        st.sampled_from([name for name in FIGURES if name not in {"vehicles", "shifts", "promise", "booking"}])
    )
    key, limits = data.draw(st.sampled_from(sorted(FIGURES[table].items())))
    low, high = int(-(-limits.low // 1)), int(limits.high)
    value = data.draw(st.integers(low, high).map(lambda n: n - n % limits.step))
    service = parse(f"{small([('mon', '08:00-12:00', '')])}[{table}]\n{key} = {value}\n")
    section = getattr(service, {"boarding_s": "boarding"}.get(table, table))
    assert getattr(section, key) == value
    assert isinstance(getattr(section, key), int if limits.whole else float)


@given(st.data())
def test_every_figure_beyond_its_limits_is_refused_by_its_path(data):
    table = data.draw(st.sampled_from([name for name in FIGURES if name not in {"vehicles", "shifts"}]))
    key, limits = data.draw(st.sampled_from(sorted(FIGURES[table].items())))
    value = data.draw(st.integers(max_value=int(limits.low) - 1) | st.integers(min_value=int(limits.high) + 1))
    found = faults(f"{small([('mon', '08:00-12:00', '')])}[{table}]\n{key} = {value}\n")
    assert "Write a number from" in found[f"{table}.{key}"]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_can_be_chosen(engine):
    assert parse(f'{FULL}\n[solver]\nengine = "{engine}"').solver.engine == engine


def test_dates_have_hours_and_shifts_of_their_own():
    service = parse(
        small(
            [("mon", "08:00-12:00", ""), ("2026-12-24,sat", "08:00-12:00", "")],
            hours='2026-12-24 = ["08:00-14:00"]\n2026-12-31 = []',
        )
    )
    assert service.hours.dates == {dt.date(2026, 12, 24): (DayWindow(8 * H, 14 * H),), dt.date(2026, 12, 31): ()}
    assert service.hours.weekdays == ((),) * 7
    assert (service.shifts[1].weekdays, service.shifts[1].dates) == ({5}, {dt.date(2026, 12, 24)})


def test_a_break_after_midnight_is_taken_as_one_of_the_shift():
    service = parse(small([("mon", "20:00-04:00", 'break_s = 1800\nbreak_window = "00:00-02:00"')]))
    assert service.shifts[0].break_window == DayWindow(24 * H, 26 * H)


def hindered(more, table="closures"):
    return small([("mon", "08:00-12:00", "")]) + f'[[{table}]]\nid = "x"\n{more}\n'


def test_a_closure_of_dates_lasts_from_midnight_to_midnight(at):
    closure = parse(hindered("from = 2026-11-26\nto = 2026-11-27\nways = [4, 5, 4]")).closures
    assert closure == (Closure("x", at("2026-11-26T00:00"), at("2026-11-28T00:00"), ways=(4, 5)),)


def test_a_closure_of_times_is_local_unless_an_offset_says_otherwise(at):
    text = hindered("from = 2026-11-26T08:00:00\nto = 2026-11-26T12:00:00Z\nline = [[9.5, 54.5], [9.6, 54.5]]")
    closure = Closure("x", at("2026-11-26T08:00"), at("2026-11-26T13:00"), line=(Place(9.5, 54.5), Place(9.6, 54.5)))
    assert parse(text).closures == (closure,)


def test_a_slowdown_has_one_factor_or_one_for_each_class_of_road(at):
    span = "from = 2026-12-01\nto = 2027-02-28\n"
    one, many = (
        parse(hindered(f"{span}factor = {factor}", "slowdowns")).slowdowns[0] for factor in ("0.8", "{ track = 0.5 }")
    )
    assert (one.factor, one.by_class) == (0.8, ())
    assert (many.factor, many.by_class) == (1.0, (("track", 0.5),))
    assert (one.start_at, one.end_at) == (at("2026-12-01T00:00"), at("2027-03-01T00:00"))


@pytest.mark.parametrize(
    ("more", "key", "reason"),
    [
        ("from = 2026-11-26\nto = 2026-11-27", "ways", "is missing, and line as well"),
        ("to = 2026-11-27\nways = [4]", "from", "is missing. Write a date"),
        ('from = "2026-11-26"\nto = 2026-11-27\nways = [4]', "from", '"2026-11-26" is not a date'),
        ("from = 2026-11-27\nto = 2026-11-26\nways = [4]", "to", "not later than from"),
        ("from = 2026-11-26T08:00:00\nto = 2026-11-26T08:00:00\nways = [4]", "to", "not later than from"),
        ("from = 2026-10-25T02:30:00\nto = 2026-11-27\nways = [4]", "from", "exists twice"),
        ("from = 2026-11-26\nto = 9999-12-31\nways = [4]", "to", "beyond the calendar"),
        ("from = 2026-11-26\nto = 2046-11-26\nways = [4]", "to", "more than ten years"),
        ("from = 2026-11-26\nto = 2026-11-27\nways = []", "ways", "not a list of 1 to"),
        ("from = 2026-11-26\nto = 2026-11-27\nways = [-4]", "ways", "not a list of 1 to"),
        ("from = 2026-11-26\nto = 2026-11-27\nways = [true]", "ways", "not a list of 1 to"),
        ("from = 2026-11-26\nto = 2026-11-27\nline = [[9.5, 54.5]]", "line", "not a line of 2 to"),
        ("from = 2026-11-26\nto = 2026-11-27\nline = [[9.5, 54.5], [9.5]]", "line", "not a line of 2 to"),
        ("from = 2026-11-26\nto = 2026-11-27\nline = [[54.5, 9.5], [54.6, 9.5]]", "line", "longitude first"),
        ("from = 2026-11-26\nto = 2026-11-27\nway = [4]", "way", 'Did you mean "ways"?'),
    ],
)
def test_each_fault_of_a_closure_is_told_by_path_and_reason(more, key, reason):
    assert reason in faults(hindered(more))[f"closures[0].{key}"]


@pytest.mark.parametrize(
    ("factor", "key", "reason"),
    [
        ("", "factor", "is missing"),
        ("factor = 1.5", "factor", "out of range"),
        ("factor = { track = 0 }", "factor.track", "out of range"),
    ],
)
def test_each_fault_of_a_slowdown_is_told_by_path_and_reason(factor, key, reason):
    found = faults(hindered(f"from = 2026-12-01\nto = 2027-02-28\n{factor}", "slowdowns"))
    assert reason in found[f"slowdowns[0].{key}"]


def test_a_closure_and_a_slowdown_have_different_ids():
    text = hindered("from = 2026-11-26\nto = 2026-11-27\nways = [4]")
    text += '[[slowdowns]]\nid = "x"\nfrom = 2026-11-26\nto = 2026-11-27\nfactor = 0.5\n'
    assert "the id of closures[0] already" in faults(text)["slowdowns[0].id"]


def test_an_area_without_a_polygon_is_everywhere():
    assert parse(changed('polygon = "areas/nord.geojson"\n', "")).areas[0].polygon is None


def test_the_polygon_is_read_by_the_name_in_the_file():
    asked = []

    def read(name):
        asked.append(name)
        return SQUARE

    parse_service(FULL, file_name="service.toml", read_polygon=read)
    assert asked == ["areas/nord.geojson"]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm():
    assert parse("\ufeff" + FULL.replace("\n", "\r\n")).shifts == parse(FULL).shifts


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = = 1", "line 1, column 5"),
        ("[service]\nid = 1\nid = 2", "line 3, column 7"),
        ('[service]\nid = "x', "line 2"),
        ("[hours]\nsat,sun = []", "line 2, column 4"),
        ("[service\n", "line 1"),
    ],
)
def test_what_is_no_toml_is_refused_with_line_and_column(text, place):
    (location,) = faults(text)
    assert location.startswith(place)


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "1" * 5000, "#" * 1_000_001])
def test_a_file_beyond_measure_is_refused(text):
    assert len(faults(text)) == 1


def test_an_empty_file_lacks_everything_that_is_required():
    assert set(faults("")) == {"service.id", "service.name", "service.timezone", "hours", "vehicles", "shifts"}


@pytest.mark.parametrize(
    ("old", "new", "location", "reason"),
    [
        ("hold_s = 180", "holds = 180", "booking.holds", 'not a known key. Did you mean "hold_s"?'),
        ("[walking]", "[walkin]", "walkin", 'Did you mean "walking"?'),
        ("hold_s = 180", "hold_s = true", "booking.hold_s", "true is not a number"),
        ("hold_s = 180", 'hold_s = "180"', "booking.hold_s", '"180" is not a number'),
        ("hold_s = 180", "hold_s = 180.5", "booking.hold_s", "180.5 is not a whole number"),
        ("hold_s = 180", "hold_s = nan", "booking.hold_s", "nan is not a finite number"),
        ("hold_s = 180", "hold_s = -180", "booking.hold_s", "-180 is negative"),
        ("max_ride_factor = 1.5", "max_ride_factor = inf", "promise.max_ride_factor", "inf is not a finite number"),
        ("max_ride_factor = 1.5", "max_ride_factor = 0.9", "promise.max_ride_factor", "0.9 is out of range"),
        ("pickup_window_s = 1200", "pickup_window_s = 1230", "promise.pickup_window_s", "not a multiple of 60"),
        ("narrowed_window_s = 600", "narrowed_window_s = 1260", "promise.narrowed_window_s", "more than promise.pickup_window_s = 1200"),
        ("late_detour_lock_s = 300", "late_detour_lock_s = 3600.0", "promise.late_detour_lock_s", "not a whole number"),
        ("min_notice_s = 3600", "min_notice_s = 864000", "booking.min_notice_s", "Nothing could ever be booked"),
        ("min_notice_s = 3600", "max_wait_s = 20000", "booking.max_wait_s", "more than booking.alternatives_within_s"),
        ('id = "sl-fl"', 'id = "sl/fl"', "service.id", "does not have the right form"),
        ('name = "Rufbus Schleswig-Flensburg"', 'name = ""', "service.name", "visible characters"),
        ('name = "Rufbus Schleswig-Flensburg"', 'name = "a\\u0000b"', "service.name", "visible characters"),
        ('name = "Rufbus Schleswig-Flensburg"', "name = 7", "service.name", "7 is not a text"),
        ('phone = "+49 4621 000000"', 'phone = "call us"', "service.phone", "does not have the right form"),
        ('regime = "linienbedarfsverkehr"', 'regime = "linienverkehr"', "service.regime", 'Did you mean "linienbedarfsverkehr"?'),
        ("Europe/Berlin", "Europe/Berln", "service.timezone", 'Did you mean "Europe/Berlin"?'),
        ("Europe/Berlin", "../etc/passwd", "service.timezone", "not a known time zone"),
        ("Europe/Berlin", "Europe", "service.timezone", "not a known time zone"),
        ("DE-SH", "DE-HS", "hours.holidays", 'Did you mean "DE-'),
        ("DE-SH", "XX", "hours.holidays", '"XX" has no known holidays'),
        ("mon-thu =", "mo-do =", "hours.mo-do", 'Did you mean "mon"?'),
        ("fri = [", "mon = [", "hours.mon", 'names mon, as "mon-thu" does'),
        ("holidays =", "holiday =", "hours.holiday", 'Did you mean "holidays"?'),
        ('mon-thu = ["05:00-21:00"]', 'mon-thu = "05:00-21:00"', "hours.mon-thu", "not a list of spans"),
        ('mon-thu = ["05:00-21:00"]', "mon-thu = [5]", "hours.mon-thu", "[5] is not a list of spans"),
        ('mon-thu = ["05:00-21:00"]', 'mon-thu = ["05:00-21:99"]', "hours.mon-thu[0]", '"05:00-21:99" has a time that no clock shows'),
        ('mon-thu = ["05:00-21:00"]', 'mon-thu = ["05:00-12:00", "11:00-21:00"]', "hours.mon-thu", "spans that overlap"),
        ("seats = 8", "seats = 0", "vehicles[0].seats", "0 is out of range"),
        ("seats = 8\n", "", "vehicles[0].seats", "is missing"),
        ("seats_lost_per_wheelchair = 2", "seats_lost_per_wheelchair = 9", "vehicles[0].seats_lost_per_wheelchair", "more than the 8 seats"),
        ("[9.5496, 54.5142]", "[54.5142, 9.5496]", "vehicles[0].depot", "Write longitude first: [9.5496, 54.5142]"),
        ("[9.5496, 54.5142]", "[9.5496]", "vehicles[0].depot", "not a pair of numbers"),
        ("[9.5496, 54.5142]", '["9", "54"]', "vehicles[0].depot", "not a pair of numbers"),
        ("[9.5496, 54.5142]", "[nan, 54.5]", "vehicles[0].depot", "not on the earth"),
        ("[9.5496, 54.5142]", "[9.5, 154.5]", "vehicles[0].depot", "not on the earth"),
        ("depot = [9.5496, 54.5142]\n", "", "vehicles[0].depot", "is missing"),
        ('vehicle = "bus-1"', 'vehicle = "bus-l"', "shifts[0].vehicle", 'Did you mean "bus-1"?'),
        ('vehicle = "bus-1"\n', "", "shifts[0].vehicle", "is missing"),
        ('days = "mon-fri"', 'days = "weekday"', "shifts[0].days", "which is no day"),
        ('days = "mon-fri"\n', "", "shifts[0].days", "is missing"),
        ('time = "05:00-13:00"', 'time = "05:00"', "shifts[0].time", '"05:00" is not a span of time'),
        ('time = "05:00-13:00"', "time = 05:00:00", "shifts[0].time", "05:00:00 is not a text"),
        ('break_window = "08:00-11:00"', 'break_window = "08:00-08:20"', "shifts[0].break_window", "shorter than the break"),
        ('break_window = "08:00-11:00"', 'break_window = "12:00-14:00"', "shifts[0].break_window", "not inside the shift 05:00-13:00"),
        ('break_window = "08:00-11:00"', 'break_window = "05:00-06:00"', "shifts[0].break_window", "more than six hours of work"),
        ("break_s = 1800\n", "", "shifts[0].break_s", "ArbZG section 4"),
        ("break_s = 1800", "break_s = 1799", "shifts[0].break_s", "at least 1800"),
        ('time = "05:00-13:00"', 'time = "05:00-14:30"', "shifts[0].break_s", "at least 2700"),
        ("[[vehicles]]", "[vehicles]", "vehicles", "Write [[vehicles]]"),
        ("[walking]", "[[walking]]", "walking", "Write [walking]"),
        ('polygon = "areas/nord.geojson"', 'polygon = ""', "areas[0].polygon", "visible characters"),
    ],
)  # fmt: skip
def test_each_fault_is_told_by_path_value_and_reason(old, new, location, reason):
    found = faults(changed(old, new))
    assert reason in found[location]
    assert found[location].rstrip().endswith((".", "?"))


def test_a_percentile_beyond_the_longest_ride_is_refused():
    text = changed("max_ride_factor = 1.5", "max_ride_factor = 1.2\nleg_time_percentile = 90")
    assert "1.21 times the median" in faults(text)["promise.leg_time_percentile"]
    assert parse(text.replace("= 90", "= 75")).promise.leg_time_percentile == 75


def test_a_hold_longer_than_the_freeze_time_is_refused():
    found = faults(changed("freeze_s = 3600", "freeze_s = 300").replace("hold_s = 180", "hold_s = 301"))
    assert "301 is more than promise.freeze_s = 300" in found["booking.hold_s"]


def test_a_hold_as_long_as_the_freeze_time_is_taken():
    assert parse(changed("hold_s = 180", "hold_s = 3600")).booking.hold_s == 3600


def test_all_faults_are_told_at_once():
    text = FULL.replace("hold_s = 180", "hold_s = -1").replace("mon-fri", "mo-fr").replace("seats = 8", "seat = 8")
    assert set(faults(text)) >= {"booking.hold_s", "shifts[0].days", "vehicles[0].seat", "vehicles[0].seats"}


def test_of_many_faults_the_sentence_tells_twenty_and_the_rest_by_number():
    text = FULL + "".join(f"\n[unknown{number}]" for number in range(30))
    with pytest.raises(InvalidServiceFile, match="has 30 faults") as caught:
        parse(text)
    assert "and 10 more" in caught.value.detail
    assert len(caught.value.errors) == 30


@pytest.mark.parametrize("table", ["areas", "vehicles"])
def test_two_of_a_kind_with_the_same_id_are_refused(table):
    entry = FULL.partition(f"[[{table}]]")[2].partition("\n\n")[0]
    assert f"is the id of {table}[0] already" in faults(f"{FULL}\n[[{table}]]{entry}\n")[f"{table}[1].id"]


# --- shifts against each other ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shifts", "when"),
    [
        ([("mon-fri", "05:00-10:00", ""), ("fri", "09:59-12:00", "")], "on fri"),
        ([("mon", "22:00-04:00", ""), ("tue", "03:59-08:00", "")], "in the night from mon to tue"),
        ([("sun", "22:00-04:00", ""), ("mon", "03:00-08:00", "")], "in the night from sun to mon"),
        ([("2026-12-24", "08:00-12:00", ""), ("2026-12-24", "11:00-14:00", "")], "around 2026-12-24"),
        ([("2026-12-24", "20:00-02:00", ""), ("fri", "01:00-06:00", "")], "around 2026-12-24"),
        ([("wed", "22:00-04:00", ""), ("2026-12-24", "03:00-06:00", "")], "around 2026-12-24"),
    ],
)
def test_shifts_of_one_van_that_overlap_are_refused_with_the_day(shifts, when):
    found = faults(small(shifts))
    assert when in found["shifts[1].time"]
    assert "overlaps shifts[0]" in found["shifts[1].time"]


def test_a_night_before_a_holiday_must_not_run_into_the_sunday_shift():
    shifts = [("wed", "22:00-04:00", ""), ("sun", "03:00-08:00", "")]
    assert parse(small(shifts)).shifts
    found = faults(small(shifts, hours='mon-sun = ["00:00-24:00"]\nholidays = "DE-SH"'))
    assert "in the night from wed to a holiday" in found["shifts[1].time"]


@pytest.mark.parametrize(
    "shifts",
    [
        [("mon", "05:00-10:00", ""), ("mon", "10:00-15:00", "")],
        [("mon", "22:00-04:00", ""), ("tue", "04:00-08:00", "")],
        [("mon-sun", "22:00-04:00", ""), ("mon-sun", "04:00-08:00", "")],
        [("thu", "08:00-12:00", ""), ("2026-12-24", "11:00-14:00", "")],
        [("mon", "08:00-12:00", ""), ("tue", "08:00-12:00", "")],
    ],
)
def test_shifts_that_only_touch_or_replace_each_other_are_taken(shifts):
    assert len(parse(small(shifts)).shifts) == 2


def test_shifts_of_two_vans_may_overlap():
    text = small([("mon", "05:00-10:00", "")]) + VAN.replace("bus-1", "bus-2")
    text += '[[shifts]]\nvehicle = "bus-2"\ndays = "mon"\ntime = "06:00-11:00"\n'
    assert len(parse(text).shifts) == 2


@pytest.mark.parametrize(("break_s", "parts"), [(2700, 3), (7200, 3)])
def test_the_break_of_a_very_long_shift_is_split(break_s, parts):
    service = parse(small([("mon", "00:00-24:00", f"break_s = {break_s}")]))
    (shift,) = shifts_on(service, dt.date(2026, 11, 23))
    assert [rule.duration_s for rule in shift.breaks] == [break_s // parts] * parts


def test_a_break_as_long_as_its_shift_is_refused():
    found = faults(small([("mon", "08:00-10:00", "break_s = 7200")]))
    assert "no shorter than the shift of 2:00 h" in found["shifts[0].break_s"]


# --- areas -----------------------------------------------------------------------------------------------------------


def ring(*points):
    return json.dumps({"type": "Polygon", "coordinates": [points]})


def test_a_polygon_that_crosses_itself_is_refused_with_the_place():
    found = faults(FULL, ring([9.4, 54.4], [9.7, 54.6], [9.7, 54.4], [9.4, 54.6], [9.4, 54.4]))
    assert found["areas[0].polygon"].startswith(
        '"areas/nord.geojson" is not a valid polygon: self-intersection at lon 9.55'
    )


def test_a_polygon_with_longitude_and_latitude_exchanged_is_refused():
    swapped = ring([54.4, 9.4], [54.6, 9.4], [54.6, 9.7], [54.4, 9.7], [54.4, 9.4])
    assert "looks as if longitude and latitude were exchanged" in faults(FULL, swapped)["areas[0].polygon"]
    in_utc = FULL.replace("Europe/Berlin", "UTC")
    assert "looks as if longitude and latitude were exchanged" in faults(in_utc, swapped)["areas[0].polygon"]
    assert parse(in_utc).areas


@pytest.mark.parametrize(
    ("zone", "depot"),
    [
        ("Europe/Madrid", "[-8.5, 42.9]"),
        ("Atlantic/Reykjavik", "[-22.0, 64.1]"),
        ("America/Argentina/Ushuaia", "[-68.3, -54.8]"),
        ("America/New_York", "[-73.2, 44.0]"),
        ("Africa/Nairobi", "[36.8, -1.3]"),
        ("Asia/Shanghai", "[76.0, 39.5]"),
        ("Pacific/Auckland", "[174.8, -36.9]"),
        ("UTC", "[37.0, 0.5]"),
    ],
)
def test_no_true_place_is_taken_for_a_swapped_one(zone, depot):
    text = small([("mon", "08:00-12:00", "")]).replace("Europe/Berlin", zone).replace("[9.5, 54.5]", depot)
    assert parse(text).vehicles[0].depot == Place(*json.loads(depot))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError(2, "No such file or directory"), "cannot be read: No such file or directory"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "cannot be read"),
        (InvalidInput("lies outside the home."), "lies outside the home"),
    ],
)
def test_a_polygon_that_cannot_be_read_is_told_as_a_fault(error, reason):
    def read(name):
        raise error

    with pytest.raises(InvalidServiceFile, match=r"areas\[0\].polygon") as caught:
        parse_service(FULL, file_name="service.toml", read_polygon=read)
    assert reason in caught.value.detail


# --- anything --------------------------------------------------------------------------------------------------------

LINES = FULL.splitlines()
VALUES = st.sampled_from(
    ["0", "-1", "1e400", "nan", "true", '""', "[]", "{}", '["a"]', "[[1]]", "05:00:00", "2026-12-24", '"mon"', "9" * 30, '"\\u202e"', '"05:00-13:00"']
)  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(0, len(LINES) - 1), VALUES), max_size=4),
    st.lists(st.integers(0, len(LINES) - 1), max_size=4),
)
def test_a_mangled_file_is_a_service_or_refused_with_its_name(swaps, cuts):
    lines = list(LINES)
    for number, value in swaps:
        key, sign, _ = lines[number].partition("=")
        lines[number] = f"{key}= {value}" if sign else lines[number]
    text = "\n".join(line for number, line in enumerate(lines) if number not in cuts)
    try:
        service = parse(text)
    except InvalidServiceFile:
        assert faults(text)
    else:
        assert service.vehicles
        assert service.shifts


@given(st.text(max_size=200))
def test_any_text_is_refused_without_another_kind_of_error(text):
    with pytest.raises(InvalidServiceFile):
        parse(text)


# --- the page about it -----------------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def rows_of(table):
    section = re.search(rf"^## `\[+{table}\]+`$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, f"docs/settings.md has no heading for [{table}]"
    return re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ", section[1], re.MULTILINE)


@pytest.mark.parametrize("table", TABLES)
def test_the_page_of_settings_has_a_row_for_every_key_and_no_other(table):
    documented = [key for key, _, _ in rows_of(table)]
    assert sorted(set(documented) - {"<days>"}) == sorted(keys_of(table))
    assert len(documented) == len(set(documented))


def test_the_page_of_settings_tells_the_defaults_that_hold():
    service = parse(small([("mon", "08:00-12:00", "")]))
    for table in FIGURES.keys() - {"vehicles", "shifts"}:
        section = getattr(service, {"boarding_s": "boarding"}.get(table, table))
        told = {key: default.strip() for key, _, default in rows_of(table)}
        assert {key: told[key] for key in FIGURES[table]} == {key: str(getattr(section, key)) for key in FIGURES[table]}


def test_the_example_on_the_page_of_settings_works():
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1]
    assert parse(example).id == tomllib.loads(example)["service"]["id"]
