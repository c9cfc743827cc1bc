from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.errors import InvalidInputError
from kept.core.intervals import NaiveTimeError
from kept.core.leads import Lead, fires_at, lead_named
from kept.core.zones import end_of_gap, instants_of, wall_of, zone_named
from tests.strategies import instants_near_zone_changes

leads = st.builds(
    lambda days, minutes: Lead(days=days, exact=timedelta(minutes=minutes)),
    st.integers(0, 400).map(lambda days: min(days, 366)),
    st.integers(0, 60 * 24 * 3),
)


@pytest.mark.parametrize(
    ("start", "zone", "lead", "expected"),
    [
        ("2026-05-04T09:00-04:00", "America/New_York", "1 day", "2026-05-03T09:00-04:00"),
        ("2026-03-08T09:00-04:00", "America/New_York", "1 day", "2026-03-07T09:00-05:00"),
        ("2026-03-08T09:00-04:00", "America/New_York", "24 h", "2026-03-07T08:00-05:00"),
        ("2026-11-01T09:00-05:00", "America/New_York", "1 day", "2026-10-31T09:00-04:00"),
        ("2026-11-01T09:00-05:00", "America/New_York", "24 h", "2026-10-31T10:00-04:00"),
        ("2026-03-09T02:30-04:00", "America/New_York", "1 day", "2026-03-08T03:00-04:00"),
        ("2026-11-02T01:30-05:00", "America/New_York", "1 day", "2026-11-01T01:30-04:00"),
        ("2026-11-01T01:30-05:00", "America/New_York", "0 days", "2026-11-01T01:30-05:00"),
        ("2026-11-01T01:30-05:00", "America/New_York", "1 h", "2026-11-01T01:30-04:00"),
        ("2026-03-08T03:30-04:00", "America/New_York", "1 h", "2026-03-08T01:30-05:00"),
        ("2011-12-31T12:00+14:00", "Pacific/Apia", "1 day", "2011-12-31T00:00+14:00"),
        ("2011-12-31T00:00+14:00", "Pacific/Apia", "1 day", "2011-12-31T00:00+14:00"),
        ("2026-04-06T01:45+10:30", "Australia/Lord_Howe", "1 day", "2026-04-05T01:45+11:00"),
        ("2028-03-01T09:00Z", "UTC", "1 day", "2028-02-29T09:00Z"),
        ("2026-01-01T00:30Z", "UTC", "30 min", "2026-01-01T00:00Z"),
    ],
    ids=[
        "ordinary",
        "day-of-23-hours-nominal",
        "day-of-23-hours-exact",
        "day-of-25-hours-nominal",
        "day-of-25-hours-exact",
        "lands-in-a-gap",
        "lands-in-an-overlap",
        "no-days-keep-the-second-of-two",
        "an-hour-between-the-two",
        "an-hour-over-a-gap",
        "the-day-that-was-left-out",
        "never-after-the-start",
        "half-hour-overlap",
        "leap-day",
        "new-year",
    ],
)
def test_days_keep_the_wall_time_and_hours_are_elapsed(start: str, zone: str, lead: str, expected: str) -> None:
    fired = fires_at(datetime.fromisoformat(start), zone_named(zone), lead_named(lead))

    assert fired == datetime.fromisoformat(expected)
    assert fired.tzinfo is UTC


def test_days_come_first_then_the_exact_part() -> None:
    start = datetime.fromisoformat("2026-03-09T02:30-04:00")

    fired = fires_at(start, zone_named("America/New_York"), Lead(days=1, exact=timedelta(hours=1)))

    assert fired == datetime.fromisoformat("2026-03-08T01:00-05:00")


@given(instants_near_zone_changes(), leads)
def test_never_fires_after_the_start(drawn: tuple[datetime, ZoneInfo], lead: Lead) -> None:
    start, zone = drawn

    assert fires_at(start, zone, lead) <= start


@given(instants_near_zone_changes(), st.integers(1, 10))
def test_fires_at_the_wall_time_of_the_start_or_at_the_jump_over_it(
    drawn: tuple[datetime, ZoneInfo], days: int
) -> None:
    start, zone = drawn
    wall = wall_of(start, zone) - timedelta(days=days)

    fired = fires_at(start, zone, Lead(days=days))

    assert fired == (instants_of(wall, zone) or (end_of_gap(wall, zone),))[0]
    assert wall_of(fired, zone) >= wall


@given(instants_near_zone_changes(), st.integers(0, 4_000))
def test_an_exact_lead_is_elapsed_time_in_every_zone(drawn: tuple[datetime, ZoneInfo], minutes: int) -> None:
    start, zone = drawn

    assert start - fires_at(start, zone, Lead(exact=timedelta(minutes=minutes))) == timedelta(minutes=minutes)


@given(instants_near_zone_changes(), leads)
def test_the_offset_in_which_the_start_is_written_changes_nothing(drawn: tuple[datetime, ZoneInfo], lead: Lead) -> None:
    start, zone = drawn

    assert fires_at(start.astimezone(zone), zone, lead) == fires_at(start, zone, lead)


def test_a_start_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveTimeError):
        fires_at(datetime(2026, 5, 4, 9, 0), zone_named("UTC"), Lead(days=1))  # noqa: DTZ001 -- what is refused


@pytest.mark.parametrize(
    ("text", "lead", "name"),
    [
        ("1 day", Lead(days=1), "1d"),
        ("7 days", Lead(days=7), "7d"),
        ("1d", Lead(days=1), "1d"),
        ("24 h", Lead(exact=timedelta(hours=24)), "24h"),
        ("24 hours", Lead(exact=timedelta(hours=24)), "24h"),
        ("1 hour", Lead(exact=timedelta(hours=1)), "1h"),
        ("1h", Lead(exact=timedelta(hours=1)), "1h"),
        ("30 min", Lead(exact=timedelta(minutes=30)), "30m"),
        ("30m", Lead(exact=timedelta(minutes=30)), "30m"),
        ("60 minutes", Lead(exact=timedelta(hours=1)), "1h"),
        ("90 min", Lead(exact=timedelta(minutes=90)), "90m"),
        ("0 min", Lead(), "0h"),
        ("366 days", Lead(days=366), "366d"),
    ],
)
def test_a_lead_is_read_from_text_and_has_a_short_name(text: str, lead: Lead, name: str) -> None:
    assert lead_named(text) == lead
    assert str(lead) == name


def test_a_lead_of_both_parts_names_both() -> None:
    assert str(Lead(days=1, exact=timedelta(hours=2))) == "1d2h"
    assert str(Lead(days=1, exact=timedelta(minutes=90))) == "1d90m"


@given(leads, leads)
def test_leads_have_the_same_name_only_when_they_are_equal(a: Lead, b: Lead) -> None:
    assert (str(a) == str(b)) is (a == b)


@given(
    st.one_of(st.builds(lambda d: Lead(days=d), st.integers(1, 366)), leads.map(lambda lead: Lead(exact=lead.exact)))
)
def test_a_short_name_of_one_part_can_be_read_again(lead: Lead) -> None:
    assert lead_named(str(lead)) == lead


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_lead"),
        ("day", "not_a_lead"),
        ("1", "not_a_lead"),
        ("1.5 h", "not_a_lead"),
        ("1  day", "not_a_lead"),
        (" 1 day", "not_a_lead"),
        ("1 day\n", "not_a_lead"),
        ("1 week", "not_a_lead"),
        ("30 s", "not_a_lead"),
        ("P1D", "not_a_lead"),
        ("٢ days", "not_a_lead"),
        ("9" * 10_000 + " days", "not_a_lead"),
        ("-1 day", "negative_lead"),
        ("-30 min", "negative_lead"),
        ("367 days", "too_long"),
        ("8785 h", "too_long"),
        ("527041 min", "too_long"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_refuses_what_is_no_lead(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        lead_named(text, field="reminders/0")

    assert [(p.field, p.code) for p in caught.value.problems] == [("reminders/0", code)]


@pytest.mark.parametrize(
    ("days", "exact", "code"),
    [
        (-1, timedelta(0), "negative_lead"),
        (0, timedelta(minutes=-1), "negative_lead"),
        (367, timedelta(0), "too_long"),
        (0, timedelta(days=367), "too_long"),
        (0, timedelta(seconds=90), "not_a_lead"),
    ],
    ids=["negative-days", "negative-time", "days-too-many", "time-too-long", "seconds"],
)
def test_a_lead_that_makes_no_sense_cannot_be_made(days: int, exact: timedelta, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Lead(days=days, exact=exact)

    assert caught.value.problems[0].code == code


def test_a_lead_survives_its_bytes() -> None:
    lead = Lead(days=1, exact=timedelta(hours=2))

    assert msgspec.json.decode(msgspec.json.encode(lead), type=Lead) == lead
