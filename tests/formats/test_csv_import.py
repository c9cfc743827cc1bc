from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.booking import AppointmentStatus
from kept.core.errors import InvalidInputError
from kept.core.imports import arrival_id
from kept.core.practice import Practice
from kept.core.schedules import Place
from kept.formats.csv_cells import escaped, slug, unescaped
from kept.formats.csv_import import CsvReading, Refused, Understood
from kept.formats.csv_recipe import RecipeOptions, recipe_from

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "imports" / "visits_by_day.csv"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
PRACTICE = Practice(
    zone="America/Sao_Paulo", region="BR", places=(Place(id="centro", name="Centro", zone="America/New_York"),)
)
TIMED = RecipeOptions(
    maps=(
        "patientId=patient", "externalId=id", "bookedAt=booked", "date=day", "start=from", "end=to", "minutes=length",
        "practitionerId=doctor", "placeId=place", "visitType=type", "status=state", "name=name", "phone=phone",
        "email=mail", "dateOfBirth=born", "language=tongue", "notes=notes",
    ),
)  # fmt: skip
BY_DAY = RecipeOptions(
    maps=(
        "patientId=PatientId", "externalId=AppointmentID", "bookedAt=ScheduledDay", "date=AppointmentDay",
        "placeId=Neighbourhood", "status=No-show",
    ),
    values=("status:No=COMPLETED", "status:Yes=NO_SHOW"),
    checks=("Age=0..130",),
    zone="America/Sao_Paulo",
    time="next-free",
    hours="07:00-19:00",
    length="15m",
)  # fmt: skip
MISSING = "missing_target"
HEADER = "patient,id,booked,day,from,to,length,doctor,place,type,state,name,phone,mail,born,tongue,notes"


def read(lines: Iterable[str], options: RecipeOptions = TIMED) -> list[Understood | Refused]:
    """Return what becomes of the lines of a file."""
    return list(CsvReading(lines, recipe_from(options), PRACTICE, now=NOW))


def line(**cells: str) -> str:
    """Return a good line, some of its cells replaced."""
    good = {"patient": "p1", "id": "7", "from": "2026-05-04T09:00", "length": "30"}
    return ",".join({**good, **cells}.get(name, "") for name in HEADER.split(",")) + "\n"


def understood(**cells: str) -> Understood:
    """Return what one line says."""
    (found,) = read([HEADER + "\n", line(**cells)])
    assert isinstance(found, Understood), found
    return found


def refused(**cells: str) -> tuple[str, str]:
    """Return column and code of one refused line."""
    (found,) = read([HEADER + "\n", line(**cells)])
    assert isinstance(found, Refused), found
    return found.column, found.code


def test_a_wall_time_is_read_in_the_zone_of_the_practice_or_the_place() -> None:
    at_home, at_place = understood(), understood(place="centro")

    assert at_home.arrival.request.start == datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert at_home.arrival.request.end == datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    assert at_place.arrival.request.start == datetime(2026, 5, 4, 13, tzinfo=UTC)
    assert at_place.arrival.request.place_id == "centro"


def test_a_place_is_known_by_its_name_and_a_new_one_gets_an_id() -> None:
    by_name, new = understood(place="Centro"), understood(place="SANTO ANTÃO")

    assert (by_name.arrival.request.place_id, by_name.new_place) == ("centro", "")
    assert (new.arrival.request.place_id, new.new_place) == ("santo-antao", "SANTO ANTÃO")


@pytest.mark.parametrize(
    "cells",
    [
        {"from": "2026-05-04T12:00:00Z"},
        {"from": "2026-05-04 09:00"},
        {"from": "2026-05-04T09:00:00-03:00"},
        {"day": "2026-05-04", "from": "09:00", "to": "09:30", "length": ""},
        {"day": "2026-05-04", "from": "09:00:00"},
    ],
    ids=["Z", "a space", "an offset", "a day and times", "seconds"],
)
def test_a_start_can_be_written_in_several_ways(cells: dict[str, str]) -> None:
    assert understood(**cells).arrival.request.start == datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_a_line_that_names_no_place_takes_the_one_that_was_said() -> None:
    options = RecipeOptions(maps=TIMED.maps, place="Centro")

    found = read([HEADER + "\n", line(), line(place="Norte")], options)

    places = [f.arrival.request.place_id for f in found if isinstance(f, Understood)]
    assert places == ["centro", "norte"]


def test_what_a_line_says_of_the_patient_comes_along() -> None:
    patient = understood(
        name="Ana Ávila", phone="(27) 99999-0001", mail="ana@example.com", born="1990-02-28", tongue="pt"
    ).arrival.patient

    assert (patient.name, patient.phone, patient.email) == ("Ana Ávila", "+5527999990001", "ana@example.com")
    assert (patient.date_of_birth, patient.language) == (date(1990, 2, 28), "pt")


def test_a_visit_is_recognised_by_its_outside_id_or_by_all_that_is_said_of_it() -> None:
    with_id, moved = understood(), understood(**{"from": "2026-05-05T09:00"})
    without, again, other = understood(id=""), understood(id=""), understood(id="", notes="x")

    assert with_id.arrival.appointment_id == moved.arrival.appointment_id == arrival_id("import", "id", "7")
    assert without.arrival.appointment_id == again.arrival.appointment_id != other.arrival.appointment_id


def test_without_a_word_a_visit_is_confirmed_and_booked_now() -> None:
    arrival = understood().arrival

    assert (arrival.status, arrival.booked_at) == (AppointmentStatus.CONFIRMED, NOW)


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        pytest.param({"patient": ""}, "patient", "required", id="no patient"),
        pytest.param({"patient": "a b"}, "patient", "invalid_id", id="an id with a space"),
        pytest.param({"patient": "2.98725E+13"}, "patient", "lossy_number", id="a rounded patient"),
        pytest.param({"id": "5.6e6"}, "id", "lossy_number", id="a rounded visit"),
        pytest.param({"booked": "yesterday"}, "booked", "not_a_datetime", id="a bad booking time"),
        pytest.param({"booked": "2026-05-05T10:00"}, "booked", "booked_after_visit", id="booked the day after"),
        pytest.param({"from": ""}, "from", "required", id="no start"),
        pytest.param({"from": "9h"}, "from", "not_a_datetime", id="a bad start"),
        pytest.param({"from": "09:00", "day": "4/5/2026"}, "day", "not_a_date", id="a bad day"),
        pytest.param({"from": "2026-03-08T02:30", "place": "centro"}, "from", "nonexistent_time", id="a skipped time"),
        pytest.param({"from": "2026-11-01T01:30", "place": "centro"}, "from", "ambiguous_time", id="a doubled time"),
        pytest.param({"length": ""}, "length", "required", id="no length"),
        pytest.param({"length": "-5"}, "length", "required", id="a negative length"),
        pytest.param({"length": "1441"}, "length", "required", id="more than a day of minutes"),
        pytest.param({"to": "2026-05-04T08:00"}, "to", "before_start", id="an end before the start"),
        pytest.param({"to": "2026-05-06T08:00"}, "to", "too_long", id="more than a day"),
        pytest.param({"state": "maybe"}, "state", "unknown_status", id="a bad status"),
        pytest.param({"state": "REQUESTED"}, "state", "unknown_status", id="a request, whose hold nobody knows"),
        pytest.param({"phone": "call me"}, "phone", "not_a_phone_number", id="a bad phone"),
        pytest.param({"mail": "nobody"}, "mail", "not_an_email", id="a bad e-mail"),
        pytest.param({"born": "28.2.1990"}, "born", "not_a_date", id="a bad birthday"),
        pytest.param({"name": "a\x07"}, "name", "control_character", id="a control character"),
        pytest.param({"name": "caf\udce9"}, "name", "invalid_unicode", id="no UTF-8"),
        pytest.param({"place": "*"}, "place", "required", id="a place without a letter"),
    ],
)
def test_a_bad_cell_refuses_its_line_with_column_and_code(cells: dict[str, str], column: str, code: str) -> None:
    assert refused(**cells) == (column, code)


def test_no_message_repeats_what_stands_in_the_line() -> None:
    (found,) = read([HEADER + "\n", line(phone="canary", mail="canary", patient="p1")])

    assert isinstance(found, Refused)
    assert "canary" not in found.message


def test_the_sample_of_dirty_lines_is_told_line_by_line() -> None:
    found = read(SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True), BY_DAY)

    told = {f.line.number: (f.column, f.code) for f in found if isinstance(f, Refused)}
    taken = [f.line.number for f in found if isinstance(f, Understood)]
    assert told == {
        6: ("ScheduledDay", "booked_after_visit"),
        7: ("Age", "out_of_range"),
        8: ("PatientId", "lossy_number"),
        9: ("No-show", "unknown_value"),
        10: ("AppointmentDay", "not_a_date"),
        11: ("", "wrong_cells"),
        12: ("Neighbourhood", "required"),
    }
    assert taken == [2, 3, 4, 5, 13, 15]


def test_a_visit_without_a_time_gets_the_window_of_its_clinic() -> None:
    found = read(SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True), BY_DAY)

    first, same_day = (f.arrival.next_free for f in (found[0], found[2]) if isinstance(f, Understood))
    assert first is not None
    assert same_day is not None
    assert first.window.start == datetime(2016, 5, 4, 10, tzinfo=UTC)
    assert first.window.duration == timedelta(hours=12)
    assert (first.clinic, first.name, first.not_before) == ("jardim-amarelo", "JARDIM AMARELO", None)
    assert same_day.not_before == datetime(2016, 5, 4, 14, 19, 4, tzinfo=UTC)


@pytest.mark.parametrize("text", ['a,"b\n', 'a"b,"c"d\n'], ids=["an open quote", "a stray quote"])
def test_a_line_that_is_no_csv_is_told(text: str) -> None:
    found = read([HEADER + "\n", text])

    assert [f.code for f in found if isinstance(f, Refused)] == ["not_csv"]


def test_lines_after_a_broken_one_are_read_with_their_own_numbers() -> None:
    found = read([HEADER + "\n", '"a"b,c\n', line()])

    assert [(type(f).__name__, f.line.number) for f in found] == [("Refused", 2), ("Understood", 3)]


def test_a_cell_over_two_lines_counts_from_its_first() -> None:
    found = read([HEADER + "\n", line(notes='"one\n'), 'two"\n', line(patient="")])

    assert [f.line.number for f in found] == [2, 4]


def test_a_check_refuses_what_is_no_number() -> None:
    options = RecipeOptions(maps=TIMED.maps, checks=("length=1..60",))

    (found,) = read([HEADER + "\n", line(length="long")], options)

    assert isinstance(found, Refused)
    assert found.code == "not_a_number"


@pytest.mark.parametrize(
    ("lines", "column", "code"),
    [
        ([], "", "empty"),
        (["a,b\n", "1,2\n"], "patient", "missing_column"),
        (["patient,from,patient\n"], "patient", "double_column"),
        (['"a"b\n'], "", "not_csv"),
    ],
    ids=["an empty file", "a missing column", "a column twice", "no CSV"],
)
def test_a_header_that_cannot_be_used_refuses_the_file(lines: list[str], column: str, code: str) -> None:
    options = RecipeOptions(maps=("patientId=patient", "start=from"))

    with pytest.raises(InvalidInputError) as caught:
        read(lines, options)

    assert [(p.field, p.code) for p in caught.value.problems] == [(column, code)]


def test_a_misspelt_column_is_guessed_and_a_file_without_header_not_repeated() -> None:
    options = RecipeOptions(maps=("patientId=Patient", "start=Start"))

    with pytest.raises(InvalidInputError, match="did you mean Patients"):
        read(["Patients,Start\n"], options)
    with pytest.raises(InvalidInputError) as caught:
        read(["Ann Canary,2026-05-04T09:00\n"], options)

    assert "Canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "field", "code"),
    [
        (RecipeOptions(maps=("start=a",)), "patientId", "missing_target"),
        (RecipeOptions(maps=("patientId=a",)), "start", "missing_target"),
        (RecipeOptions(maps=("patientId=a", "date=b"), time="next-free"), "placeId", MISSING),
        (RecipeOptions(maps=("patientId=a",), time="noon"), "time", "not_a_choice"),
        (RecipeOptions(maps=("patientId=a",), time="next-free", hours="19:00-07:00"), "hours", "not_a_stretch"),
        (RecipeOptions(maps=("patientId=a",), time="next-free", hours="all day"), "hours", "not_a_stretch"),
        (RecipeOptions(maps=("patientId=a",), time="next-free", hours="7-19"), "hours", "not_a_time"),
        (RecipeOptions(maps=("patientId=a",), time="next-free", length="long"), "length", "not_a_lead"),
        (RecipeOptions(maps=("patientId=a",), time="next-free", length="1 day"), "length", "not_a_length"),
        (RecipeOptions(maps=("patientId=a", "patientId=b")), "map", "double"),
        (RecipeOptions(maps=("shoeSize=a",)), "map", "not_a_mapping"),
        (RecipeOptions(maps=("patientId",)), "map", "not_a_mapping"),
        (RecipeOptions(maps=("patientId=a", "start=b"), values=("status=x",)), "value", "not_a_value"),
        (RecipeOptions(maps=("patientId=a", "start=b"), checks=("Age=young",)), "check", "not_a_range"),
        (RecipeOptions(maps=("patientId=a", "start=b"), zone="Mars/Base"), "zone", "unknown_zone"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(options: RecipeOptions, field: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        recipe_from(options)

    assert (caught.value.problems[0].field, caught.value.problems[0].code) == (field, code)


@given(st.text(max_size=8))
def test_what_is_escaped_reads_the_same_again(cell: str) -> None:
    assert unescaped(escaped(cell)) == cell or cell.startswith("'")
    assert not escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text(max_size=12), min_size=17, max_size=17))
def test_any_cells_are_understood_or_refused(cells: list[str]) -> None:
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)

    found = read([HEADER + "\n", quoted + "\n"])

    assert all(isinstance(f, Understood | Refused) for f in found)


def test_a_name_becomes_an_id_without_accents() -> None:
    assert slug("São José — Nº 2") == "sao-jose-no-2"
