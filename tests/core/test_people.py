"""Patients, their consents, and what may be written into their fields."""

from datetime import UTC, datetime

import pytest

from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.people import (
    ChannelName,
    Consent,
    Patient,
    checked_id,
    checked_text,
    consent_id,
    name_search,
)

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def patient(**fields: object) -> Patient:
    return Patient(id="pat_1", created_at=NOW, updated_at=NOW, **fields)  # type: ignore[arg-type]  # any of its fields


def test_is_found_by_phone_by_email_and_by_the_beginning_of_the_name() -> None:
    ann = patient(
        first_name="Ann", last_name="Lee", phone=PhoneNumber("+12065550100"), email=EmailAddress("Ann@example.com")
    )

    assert {(e.index, e.partition, e.sort) for e in ann.index_entries()} == {
        ("patients_by_phone", "+12065550100", "pat_1"),
        ("patients_by_email", "ann@example.com", "pat_1"),
        ("patients_by_name", "ann", "ann lee|pat_1"),
    }


def test_someone_known_by_id_alone_is_in_no_index() -> None:
    assert patient().index_entries() == ()
    assert patient().name == ""


def test_a_name_given_whole_stays_whole() -> None:
    assert patient(full_name="Zoë 👩🏽‍⚕️").name == "Zoë 👩🏽‍⚕️"


def test_each_channel_has_its_address() -> None:
    ann = patient(phone=PhoneNumber("+12065550100"), email=EmailAddress("ann@example.com"))

    assert [ann.address(channel) for channel in ChannelName] == ["+12065550100", "ann@example.com"]


def test_a_consent_is_kept_for_the_address_whoever_uses_it_and_however_it_is_spelt() -> None:
    assert consent_id(ChannelName.EMAIL, "ANN@example.com") == consent_id(ChannelName.EMAIL, "ann@EXAMPLE.COM")
    assert consent_id(ChannelName.SMS, "+1") != consent_id(ChannelName.EMAIL, "+1")
    consent = Consent(
        id="c", channel=ChannelName.SMS, granted=False, source="reply STOP", recorded_at=NOW, recorded_by="k"
    )
    assert consent.index_entries() == ()


def test_a_search_needs_three_letters() -> None:
    assert name_search("An") is None
    assert name_search(" ANN  le") == ("ann", "ann le", "ann le\U0010ffff")


@pytest.mark.parametrize("good", ["user-123", "pat_1", "550e8400-e29b-41d4-a716-446655440000", "a@b.c:9", "9" * 128])
def test_takes_ids_of_other_systems(good: str) -> None:
    assert checked_id(good, field="patientId") == good


@pytest.mark.parametrize("bad", ["", "9" * 129, "../secret", "a b", "a\x00", "a\n", "é", "٣", "-a", ".a"])
def test_refuses_ids_that_could_mean_something_else(bad: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_id(bad, field="patientId")

    assert caught.value.problems[0].code == ("invalid_id" if bad else "required")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A\ud800", "invalid_unicode"),
        ("A" * 201, "too_long"),
        ("A\x00", "control_character"),
        ("A\nB", "control_character"),
    ],
)
def test_refuses_text_that_cannot_be_stored_or_shown(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_text(text, field="name")

    assert caught.value.problems[0].code == code


def test_takes_lines_where_lines_make_sense() -> None:
    assert checked_text("one\ntwo\t3", field="notes", multiline=True) == "one\ntwo\t3"
    with pytest.raises(InvalidInputError):
        checked_text("one\x1b", field="notes", multiline=True)


def test_tells_all_problems_at_once() -> None:
    problems = [FieldProblem(field=f, code="required", message="is needed") for f in ("a", "b")]

    assert str(InvalidInputError(*problems)) == "a: is needed; b: is needed"
