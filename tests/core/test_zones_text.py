"""How text becomes an instant, a wall time, a date or a time of day."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.errors import InvalidInputError
from kept.core.zones import parse_clock, parse_date, parse_instant, parse_wall


def code_of(error: InvalidInputError) -> str:
    return error.problems[0].code


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-05-04T09:00:00-04:00", "2026-05-04T13:00:00"),
        ("2026-05-04t13:00:00z", "2026-05-04T13:00:00"),
        ("2026-05-04T13:00:00.5Z", "2026-05-04T13:00:00.500000"),
        ("2026-05-04T13:00:00.123456Z", "2026-05-04T13:00:00.123456"),
        ("2026-05-04T13:00:00-00:00", "2026-05-04T13:00:00"),
        ("2026-05-04T00:00:00+23:59", "2026-05-03T00:01:00"),
        ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00"),
        ("1900-01-01T00:00:00+14:00", "1899-12-31T10:00:00"),
        ("9998-12-31T23:59:59-12:00", "9999-01-01T11:59:59"),
    ],
)
def test_reads_an_instant(text: str, utc: str) -> None:
    instant = parse_instant(text, field="start")

    assert instant.astimezone(UTC).replace(tzinfo=None).isoformat() == utc


def test_an_instant_keeps_the_offset_it_was_written_with() -> None:
    local = parse_instant("2026-05-04T09:00:00-04:00", field="start")
    greenwich = parse_instant("2026-12-04T09:00:00+00:00", field="start")
    plain = parse_instant("2026-12-04T09:00:00Z", field="start")

    assert local.isoformat() == "2026-05-04T09:00:00-04:00"
    assert plain.tzinfo is UTC
    assert greenwich.tzinfo is not UTC
    assert greenwich == plain


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_datetime"),
        ("tomorrow", "not_a_datetime"),
        ("1777899600", "not_a_datetime"),
        ("2026-05-04", "not_a_datetime"),
        ("2026-05-04T09:00Z", "not_a_datetime"),
        ("2026-05-04 09:00:00Z", "not_a_datetime"),
        ("2026-5-4T09:00:00Z", "not_a_datetime"),
        ("20260504T090000Z", "not_a_datetime"),
        ("2026-W19-1T09:00:00Z", "not_a_datetime"),
        ("2026-124T09:00:00Z", "not_a_datetime"),
        ("2026-02-29T09:00:00Z", "not_a_datetime"),
        ("2026-13-01T09:00:00Z", "not_a_datetime"),
        ("2026-00-01T09:00:00Z", "not_a_datetime"),
        ("2026-03-08T24:00:00Z", "not_a_datetime"),
        ("2026-03-08T25:00:00Z", "not_a_datetime"),
        ("2026-03-08T09:60:00Z", "not_a_datetime"),
        ("2016-12-31T23:59:60Z", "not_a_datetime"),
        ("2026-05-04T09:00:00.Z", "not_a_datetime"),
        ("2026-05-04T09:00:00.1234567Z", "not_a_datetime"),
        ("2026-05-04T09:00:00,5Z", "not_a_datetime"),
        ("2026-05-04T09:00:00+24:00", "not_a_datetime"),
        ("2026-05-04T09:00:00+01:60", "not_a_datetime"),
        ("2026-05-04T09:00:00+0100", "not_a_datetime"),
        ("2026-05-04T09:00:00+01", "not_a_datetime"),
        ("2026-05-04T09:00:00-04:00[America/New_York]", "not_a_datetime"),
        ("2026-05-04T09:00:00 -04:00", "not_a_datetime"),
        ("2026-05-04T09:00:00\N{MINUS SIGN}04:00", "not_a_datetime"),
        (" 2026-05-04T09:00:00Z", "not_a_datetime"),
        ("2026-05-04T09:00:00Z\n", "not_a_datetime"),
        ("2026-05-04T09:00:00Z\x00", "not_a_datetime"),
        ("٢٠٢٦-05-04T09:00:00Z", "not_a_datetime"),
        ("-2026-05-04T09:00:00Z", "not_a_datetime"),
        ("+12026-05-04T09:00:00Z", "not_a_datetime"),
        ("2026-05-04T09:00:00", "missing_offset"),
        ("2026-05-04T09:00:00.5", "missing_offset"),
        ("9999-12-31T23:59:59-12:00", "too_far"),
        ("9999-01-01T00:00:00Z", "too_far"),
        ("1899-12-31T23:59:59Z", "too_far"),
        ("0001-01-01T00:00:00+14:00", "too_far"),
        ("0000-01-01T00:00:00Z", "too_far"),
    ],
    ids=repr,
)
def test_refuses_what_is_no_instant(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_instant(text, field="start")

    assert (caught.value.problems[0].field, code_of(caught.value)) == ("start", code)


@given(st.datetimes(datetime(1900, 1, 1), datetime(9998, 12, 31)), st.integers(-23 * 60, 23 * 60))  # noqa: DTZ001 -- bounds of wall times
def test_reads_back_every_instant_it_could_have_written(wall: datetime, minutes: int) -> None:
    instant = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert parse_instant(instant.isoformat(), field="start") == instant


@given(st.text(max_size=30))
def test_any_other_text_is_refused_and_nothing_else_happens(text: str) -> None:
    for parse in (parse_instant, parse_wall, parse_date, parse_clock):
        with pytest.raises(InvalidInputError):
            parse(text, field="x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T09:00", datetime(2026, 5, 4, 9, 0)),  # noqa: DTZ001 -- a wall time
        ("2026-05-04T09:00:30", datetime(2026, 5, 4, 9, 0, 30)),  # noqa: DTZ001 -- a wall time
        ("2028-02-29T23:59", datetime(2028, 2, 29, 23, 59)),  # noqa: DTZ001 -- a wall time
    ],
)
def test_reads_a_wall_time(text: str, expected: datetime) -> None:
    assert parse_wall(text, field="start") == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-05-04T09:00Z", "not_a_datetime"),
        ("2026-05-04T09:00-04:00", "not_a_datetime"),
        ("2026-05-04T09:00:00.5", "not_a_datetime"),
        ("2026-05-04t09:00", "not_a_datetime"),
        ("2026-05-04T24:00", "not_a_datetime"),
        ("2026-02-30T09:00", "not_a_datetime"),
        ("2026-05-04T9:00", "not_a_datetime"),
        ("9999-05-04T09:00", "too_far"),
    ],
)
def test_refuses_what_is_no_wall_time(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_wall(text, field="start")

    assert code_of(caught.value) == code


def test_reads_a_date() -> None:
    assert parse_date("2024-02-29", field="dateOfBirth") == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-29", "not_a_date"),
        ("29.02.2024", "not_a_date"),
        ("20240229", "not_a_date"),
        ("2024-2-29", "not_a_date"),
        ("2024-02-29T00:00", "not_a_date"),
        ("1899-12-31", "too_far"),
        ("0000-01-01", "too_far"),
    ],
)
def test_refuses_what_is_no_date(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_date(text, field="dateOfBirth")

    assert (caught.value.problems[0].field, code_of(caught.value)) == ("dateOfBirth", code)


@pytest.mark.parametrize(("text", "expected"), [("00:00", time(0)), ("09:30", time(9, 30)), ("23:59", time(23, 59))])
def test_reads_a_time_of_day(text: str, expected: time) -> None:
    assert parse_clock(text, field="opens") == expected


@pytest.mark.parametrize("text", ["24:00", "9:30", "09:60", "09:30:00", "09.30", "9 am", "", "09:30\n", "٠٩:٣٠"])
def test_refuses_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(InvalidInputError, match="from 00:00 to 23:59") as caught:
        parse_clock(text, field="opens")

    assert code_of(caught.value) == "not_a_time"
