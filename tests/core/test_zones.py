import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from kept.core.errors import InvalidInputError
from kept.core.intervals import NaiveTimeError
from kept.core.zones import (
    check_offset,
    end_of_gap,
    instant_of,
    instants_of,
    parse_instant,
    parse_wall,
    wall_of,
    zone_named,
)
from tests.strategies import instants_near_zone_changes, wall_times_near_changes, zone_changes

WALLS = json.loads((Path(__file__).parents[1] / "samples" / "walls.json").read_text(encoding="utf-8"))["cases"]
NEW_YORK = zone_named("America/New_York")


def code_of(error: InvalidInputError) -> str:
    return error.problems[0].code


# ---- zones


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/London", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Calcutta"]
)
def test_finds_a_zone_by_its_iana_name(name: str) -> None:
    assert zone_named(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Mars/Phobos",
        "europe/london",
        "Europe/London ",
        "Europe/London\n",
        "Europe",
        "Europe/",
        "../../secret",
        "/etc/localtime",
        "Europe/../Europe/London",
        "Europe\\London",
        "UTC\x00",
        "\x00",
        "\ud800",
        "localtime",
        "posixrules",
        "Factory",
        "tzdata.zi",
        "__init__.py",
        "+02:00",
        "Z",
        "CEST",
        "A" * 100_000,
    ],
    ids=lambda name: repr(name[:24]),
)
def test_refuses_what_is_no_zone_before_a_file_is_opened(name: str) -> None:
    with pytest.raises(InvalidInputError, match="America/New_York") as caught:
        zone_named(name)

    assert (caught.value.problems[0].field, code_of(caught.value)) == ("timeZone", "unknown_zone")


# ---- wall times and instants


@pytest.mark.parametrize("row", WALLS, ids=[f"{row['zone']} {row['wall']}" for row in WALLS])
def test_a_wall_time_occurs_as_often_as_the_zone_says(row: dict[str, str | list[str]]) -> None:
    wall, zone = datetime.fromisoformat(str(row["wall"])), zone_named(str(row["zone"]))

    found = instants_of(wall, zone)

    assert [f"{instant:%Y-%m-%dT%H:%M:%SZ}" for instant in found] == row["utc"]
    assert all(instant.tzinfo is UTC for instant in found)


def test_every_change_of_every_zone_reads_right_for_three_hours_around_it() -> None:
    """Counts, over a grid of instants, when a clock shows each wall time; that count knows nothing of folds."""
    quarter = timedelta(minutes=15)
    kinds = {(zone_changes()[name], ZoneInfo(name).utcoffset(datetime(2024, 1, 1))): name for name in zone_changes()}  # noqa: DTZ001 -- ZoneInfo wants a wall time here

    for (changes, _), name in kinds.items():
        zone = ZoneInfo(name)
        for change in changes:
            shown = defaultdict(list)
            for step in range(-24, 25):
                instant = change + step * quarter
                shown[instant.astimezone(zone).replace(tzinfo=None, fold=0)].append(instant)
            middle = change.astimezone(zone).replace(tzinfo=None, fold=0)
            for step in range(-12, 13):
                wall = middle + step * quarter
                assert list(instants_of(wall, zone)) == shown[wall], (name, wall)

    assert len(kinds) > 25  # 2024 to 2030 has about thirty different histories


@given(instants_near_zone_changes())
def test_an_instant_is_one_of_those_its_wall_time_names(drawn: tuple[datetime, ZoneInfo]) -> None:
    instant, zone = drawn

    assert instant in instants_of(wall_of(instant, zone), zone)


@given(wall_times_near_changes())
def test_a_wall_time_gives_an_instant_or_says_why_not(drawn: tuple[datetime, ZoneInfo]) -> None:
    wall, zone = drawn
    found = instants_of(wall, zone)

    try:
        assert found == (instant_of(wall, zone, field="start"),)
    except InvalidInputError as error:
        problem = error.problems[0]
        assert problem.code == ("ambiguous_time" if found else "nonexistent_time")
        offered = problem.extra["candidates" if found else "suggestions"]
        assert isinstance(offered, list)
        for text in offered:
            check_offset(parse_instant(text, field="start"), zone, field="start")


@pytest.mark.parametrize("fold", [0, 1])
def test_the_fold_of_a_wall_time_is_not_listened_to(fold: int) -> None:
    wall = datetime(2026, 11, 1, 1, 30, fold=fold)  # noqa: DTZ001 -- a wall time

    assert [f"{i:%H:%M}" for i in instants_of(wall, NEW_YORK)] == ["05:30", "06:30"]


def test_a_time_in_a_gap_is_refused_with_the_nearest_that_exist() -> None:
    with pytest.raises(InvalidInputError) as caught:
        instant_of(parse_wall("2026-03-08T02:30", field="start"), NEW_YORK, field="start")

    problem = caught.value.problems[0]
    assert (problem.field, problem.code) == ("start", "nonexistent_time")
    assert problem.message == (
        "does not exist in America/New_York: clocks jump forward to 03:00 on 2026-03-08; "
        "choose another time, such as one of the suggestions"
    )
    assert problem.extra == {
        "suggestions": ["2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00"]
    }


def test_a_time_that_occurs_twice_is_refused_with_both() -> None:
    with pytest.raises(InvalidInputError, match="give the offset") as caught:
        instant_of(parse_wall("2026-11-01T01:30", field="start"), NEW_YORK, field="start")

    problem = caught.value.problems[0]
    assert (problem.field, problem.code) == ("start", "ambiguous_time")
    assert problem.extra == {"candidates": ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]}


@pytest.mark.parametrize(
    ("zone", "wall", "end"),
    [
        ("America/New_York", "2026-03-08T02:00", "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-03-08T02:59:59", "2026-03-08T07:00:00Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z"),
        ("Antarctica/Troll", "2026-03-29T01:30", "2026-03-29T01:00:00Z"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z"),
    ],
)
def test_finds_the_instant_at_which_clocks_jump(zone: str, wall: str, end: str) -> None:
    jump = end_of_gap(datetime.fromisoformat(wall), zone_named(zone))

    assert jump == datetime.fromisoformat(end)


def test_the_jump_is_found_for_a_wall_time_with_microseconds() -> None:
    wall = datetime(2026, 3, 8, 2, 0, 0, 1)  # noqa: DTZ001 -- a wall time

    assert end_of_gap(wall, NEW_YORK) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_a_clock_shows_the_zones_time() -> None:
    assert wall_of(parse_instant("2026-05-04T15:00:00+02:00", field="start"), NEW_YORK) == datetime(2026, 5, 4, 9, 0)  # noqa: DTZ001 -- a wall time


def test_a_naive_time_has_no_reading() -> None:
    with pytest.raises(NaiveTimeError):
        wall_of(datetime(2026, 5, 4, 9, 0), NEW_YORK)  # noqa: DTZ001 -- what is refused


# ---- offsets beside zones


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-05-04T09:00:00-04:00", "America/New_York"),
        ("2026-12-04T09:00:00-05:00", "America/New_York"),
        ("2026-11-01T01:30:00-04:00", "America/New_York"),
        ("2026-11-01T01:30:00-05:00", "America/New_York"),
        ("2026-05-04T13:00:00Z", "America/New_York"),
        ("2026-05-04T13:00:00-00:00", "America/New_York"),
        ("2026-05-04T13:00:00Z", "UTC"),
        ("2026-05-04T13:00:00+00:00", "UTC"),
        ("2026-12-04T13:00:00+00:00", "Europe/London"),
    ],
)
def test_takes_the_zones_own_offset_and_plain_instants(text: str, zone: str) -> None:
    check_offset(parse_instant(text, field="start"), zone_named(zone), field="start")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-07-01T09:00:00-05:00", "America/New_York", ["2026-07-01T09:00:00-04:00"]),
        ("2026-07-01T09:00:00+00:00", "Europe/London", ["2026-07-01T09:00:00+01:00"]),
        ("2026-11-01T01:30:00-06:00", "America/New_York", ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]),
    ],
)
def test_refuses_an_offset_that_the_zone_does_not_have_then(text: str, zone: str, expected: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="correct the offset or the zone") as caught:
        check_offset(parse_instant(text, field="start"), zone_named(zone), field="start")

    problem = caught.value.problems[0]
    assert (problem.field, problem.code, problem.extra) == ("start", "offset_zone_mismatch", {"expected": expected})


@pytest.mark.parametrize("offset", ["-05:00", "-04:00"])
def test_a_time_in_a_gap_does_not_exist_whatever_offset_it_carries(offset: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_offset(parse_instant(f"2026-03-08T02:30:00{offset}", field="start"), NEW_YORK, field="start")

    assert code_of(caught.value) == "nonexistent_time"
