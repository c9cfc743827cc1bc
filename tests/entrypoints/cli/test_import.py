from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pytest

from kept.core.booking import Appointment
from kept.core.errors import StorageUnavailableError
from kept.entrypoints.cli import csv_files, importing
from tests.entrypoints.cli.world import Desk

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "imports" / "visits_by_day.csv"
WORDS = (
    "--map", "patientId=PatientId", "--map", "externalId=AppointmentID", "--map", "bookedAt=ScheduledDay",
    "--map", "date=AppointmentDay", "--map", "placeId=Neighbourhood", "--map", "status=No-show",
    "--value", "status:No=COMPLETED", "--value", "status:Yes=NO_SHOW", "--check", "Age=0..130",
    "--zone", "America/Sao_Paulo", "--time", "next-free", "--hours", "07:00-19:00", "--length", "15m",
)  # fmt: skip
TIMED = ("--map", "patientId=patient", "--map", "start=start", "--map", "minutes=minutes", "--map", "placeId=place")


def imported(desk: Desk, *words: str, file: str = str(SAMPLE), exit_code: int = 1) -> Any:  # noqa: ANN401  JSON
    """Return the report of an import; some lines of the sample are refused."""
    return desk.ask("import", file, *WORDS, *words, exit_code=exit_code)


def days(desk: Desk) -> list[tuple[str, str, str]]:
    """Return local start, desk and status of what was imported."""
    lists = [desk.ask("appointments", "list", "--day", day) for day in ("2016-05-04", "2016-05-06")]
    found = [appointment for listed in lists for appointment in listed["appointments"]]
    return sorted((a["startLocal"], a["practitionerId"], a["status"]) for a in found)


def test_good_lines_are_kept_and_bad_ones_told(desk: Desk) -> None:
    report = imported(desk, "--add-places")

    assert (report["read"], report["imported"], report["duplicates"], report["refused"]) == (13, 5, 1, 7)
    assert (report["patientsNew"], report["placesNew"], report["messagesPlanned"]) == (4, 3, 0)
    assert report["refusedByCode"] == {
        "booked_after_visit": 1, "lossy_number": 1, "not_a_date": 1, "out_of_range": 1, "required": 1,
        "unknown_value": 1, "wrong_cells": 1,
    }  # fmt: skip
    assert [e["line"] for e in report["errors"]] == [6, 7, 8, 9, 10, 11, 12]
    assert days(desk) == [
        ("2016-05-04T07:00:00", "jardim-amarelo", "COMPLETED"),
        ("2016-05-04T07:15:00", "jardim-amarelo", "NO_SHOW"),
        ("2016-05-04T07:15:00", "santo-antao", "COMPLETED"),
        ("2016-05-04T11:30:00", "santo-antao", "COMPLETED"),
        ("2016-05-06T07:00:00", "roma", "COMPLETED"),
    ]


def test_a_second_run_finds_everything_on_record(desk: Desk) -> None:
    imported(desk, "--add-places")
    before = days(desk)

    report = imported(desk, "--add-places")

    assert (report["imported"], report["duplicates"], report["placesNew"]) == (0, 6, 0)
    assert days(desk) == before


def test_a_dry_run_says_the_same_and_keeps_nothing(desk: Desk) -> None:
    dry = imported(desk, "--add-places", "--dry-run")

    assert days(desk) == []
    wet = imported(desk, "--add-places")
    timeless = ("seconds", "perSecond", "dryRun")
    assert {k: v for k, v in dry.items() if k not in timeless} == {k: v for k, v in wet.items() if k not in timeless}


def test_unknown_places_are_refused_unless_they_may_be_added(desk: Desk) -> None:
    report = imported(desk)

    assert report["imported"] == 0
    assert report["refusedByCode"]["unknown_place"] == 6
    assert {(e["column"], e["code"]) for e in report["errors"] if e["line"] < 6} == {("Neighbourhood", "unknown_place")}


def test_refused_lines_are_written_with_reasons_and_without_formulas(desk: Desk) -> None:
    target = desk.folder / "refused.csv"

    imported(desk, "--add-places", "--errors-to", str(target))

    rows = list(csv.reader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert rows[0][:5] == ["line", "column", "code", "remedy", "PatientId"]
    assert [row[0] for row in rows[1:]] == ["6", "7", "8", "9", "10", "11", "12"]
    assert rows[2][rows[0].index("Age")] == "'-1"
    assert target.stat().st_mode & 0o077 == 0


def test_refused_lines_can_be_corrected_and_imported(desk: Desk) -> None:
    target = desk.folder / "refused.csv"
    imported(desk, "--add-places", "--errors-to", str(target))
    corrected = target.read_text(encoding="utf-8").replace("'-1", "21")

    report = imported(desk, file=desk.file("again.csv", corrected))

    assert report["imported"] == 1


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_the_outcome_does_not_depend_on_how_lines_share_steps(
    desk: Desk, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LINES_PER_STEP", lines)
    monkeypatch.setattr(importing, "STEPS_UNDER_WAY", 1)

    report = imported(desk, "--add-places")

    assert (report["imported"], report["duplicates"], report["refused"]) == (5, 1, 7)


def test_only_the_first_errors_are_shown_and_all_are_counted(desk: Desk) -> None:
    lines = ["patient,start,minutes,place", *("p1,never,30,elm" for _ in range(30))]

    report = desk.ask("import", desk.file("bad.csv", "\n".join(lines)), *TIMED, exit_code=1)

    assert (report["refused"], len(report["errors"])) == (30, 20)


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_store_that_fails_ends_the_import_and_blames_no_line(
    desk: Desk, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StorageUnavailableError("the disk is full; make room")

    monkeypatch.setattr(importing, "bring_in", full)
    file = desk.file("soon.csv", "patient,start,minutes,place\np1,2024-01-22T09:00,30,elm\n")

    result = desk.run("import", file, *TIMED, *words)

    assert result.exit_code == 1
    assert result.stderr == "kept: the disk is full; make room\n"


def test_a_failure_of_the_store_within_a_line_is_no_problem_of_the_line() -> None:
    with pytest.raises(StorageUnavailableError):
        importing.problem_in(StorageUnavailableError("full"))


def test_a_gzipped_file_with_a_byte_order_mark_is_read(desk: Desk) -> None:
    packed = desk.folder / "visits.csv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + SAMPLE.read_bytes()))

    assert imported(desk, "--add-places", file=str(packed))["imported"] == 5


def test_visits_to_come_are_planned_with_their_reminders(desk: Desk) -> None:
    lines = ("patient,start,minutes,place", "p1,2024-01-22T09:00,30,elm", "p1,2024-01-22T09:10,30,elm")
    file = desk.file("soon.csv", "\n".join(lines))

    report = desk.ask("import", file, *TIMED, exit_code=1)

    assert (report["imported"], report["messagesPlanned"]) == (1, 2)
    assert report["errors"] == [
        {"line": 3, "column": "start", "code": "slot_taken", "message": report["errors"][0]["message"]}
    ]
    assert len(desk.ask("appointments", "list", "--patient", "p1")["appointments"]) == 1


def test_a_file_without_a_mistake_ends_well_and_is_told_in_words(desk: Desk) -> None:
    file = desk.file("soon.csv", "patient;start;minutes;place\np1;2024-01-22T09:00;30;elm\n")

    result = desk.run("import", file, *TIMED, "--delimiter", ";")

    assert result.exit_code == 0
    assert result.stdout.startswith("imported 1 of 1 lines\n")


def test_words_name_line_and_column(desk: Desk) -> None:
    assert "line 7, Age: is not from 0 to 130" in desk.run("import", str(SAMPLE), *WORDS).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--map", "shoe=Size"), "map: ", id="a target"),
        pytest.param((*TIMED, "--time", "noon"), "time: ", id="a time rule"),
        pytest.param((*TIMED, "--delimiter", ";;"), "delimiter: ", id="a delimiter"),
        pytest.param(TIMED, "patient: is not among the 14 columns of line 1", id="a header without the column"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_read(desk: Desk, words: tuple[str, ...], said: str) -> None:
    result = desk.run("import", str(SAMPLE), *words)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"kept: {said}")


@pytest.mark.parametrize("content", [b"\x1f\x8bnonsense", gzip.compress(b"a" * 5000)[:40]], ids=["no gzip", "cut"])
def test_a_damaged_file_is_told(desk: Desk, content: bytes) -> None:
    damaged = desk.folder / "damaged.csv.gz"
    damaged.write_bytes(content)

    result = desk.run("import", str(damaged), *TIMED)

    assert result.exit_code == 2
    assert "cannot be unpacked" in result.stderr


def test_a_file_that_is_not_there_is_told(desk: Desk) -> None:
    assert "cannot be read" in desk.run("import", str(desk.folder / "none.csv"), *TIMED).stderr


def test_a_line_without_end_is_not_read_into_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "MAX_LINE", 100)

    result = desk.run("import", desk.file("long.csv", "a" * 200), *TIMED)

    assert result.exit_code == 2
    assert "too" not in result.stdout
    assert "split it" in result.stderr


def test_bytes_that_are_no_text_refuse_their_line_only(desk: Desk) -> None:
    file = desk.folder / "latin.csv"
    file.write_bytes(
        b"patient,start,minutes,place,notes\np1,2024-01-22T09:00,30,elm,caf\xe9\np2,2024-01-22T09:00,30,elm,cafe\n"
    )

    report = desk.ask("import", str(file), *TIMED, "--map", "notes=notes", exit_code=1)

    assert (report["imported"], report["refusedByCode"]) == (1, {"invalid_unicode": 1})


def test_what_was_imported_names_where_it_came_from(desk: Desk) -> None:
    imported(desk, "--add-places")

    ids = [a["appointmentId"] for a in desk.ask("appointments", "list", "--day", "2016-05-06")["appointments"]]
    (visit,) = desk.parts.store.load(Appointment, ids)
    assert (visit.outside_id, visit.history[0].by) == ("900012", "import")
