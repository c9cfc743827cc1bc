"""Several visits in one message, whole texts."""

from datetime import datetime, timedelta

import msgspec
import pytest

from kept.core.people import ChannelName
from kept.core.sms import size_of
from kept.core.texts import REMINDER_SEVERAL, WHICH_VISIT
from kept.core.visit_lists import VisitFacts
from kept.core.wording import rendered
from tests.core.wordings import DAY, ELM, EMAIL, SMS, START

HOUR = timedelta(hours=1)


def visit(after: timedelta = timedelta(0), *, name: str = "", place: str = "", zone: str = ELM.zone) -> VisitFacts:
    return VisitFacts(start=START + after, zone=zone, place=place, first_name=name)


def said(template: str, *visits: VisitFacts, channel: ChannelName = SMS, language: str = "en") -> str:
    facts = msgspec.structs.replace(ELM, visits=visits)
    return rendered(template, channel, language=language, facts=facts, now=START - DAY).text


def test_a_family_on_one_telephone_is_told_of_everybody_by_first_name() -> None:
    text = said(REMINDER_SEVERAL, visit(name="Ana", place="Main St"), visit(HOUR, name="Ben", place="Main St"))

    assert text == (
        "Elm Clinic: appointments tomorrow (Mon, May 4): 9:00 AM Ana, 10:00 AM Ben, Main St. "
        "Call 206-555-0100. Reply STOP to opt out."
    )


def test_visits_on_two_days_are_told_day_by_day() -> None:
    text = said(REMINDER_SEVERAL, visit(), visit(DAY))

    assert text == (
        "Elm Clinic: appointments tomorrow (Mon, May 4): 9:00 AM; on Tue, May 5: 9:00 AM. "
        "Call 206-555-0100. Reply STOP to opt out."
    )


def test_places_and_weekdays_give_way_before_a_second_segment() -> None:
    places = ("Building 4, 1200 West Main St.", "Annex, 77 North Harbour Street")

    text = said(REMINDER_SEVERAL, visit(name="Ana", place=places[0]), visit(DAY, name="Ben", place=places[1]))

    assert size_of(text).segments == 1
    assert text == (
        "Elm Clinic: appointments tomorrow (Mon, May 4): 9:00 AM Ana; on Tue, May 5: 9:00 AM Ben. "
        "Call 206-555-0100. Reply STOP to opt out."
    )


def test_a_letter_that_gsm_lacks_in_a_weekday_is_not_asked_for() -> None:
    text = said(REMINDER_SEVERAL, visit(2 * DAY), visit(2 * DAY + HOUR), language="pl")

    assert text == "Elm Clinic: wizyty 6 maj: 09:00, 10:00. Tel: 206-555-0100. Rezygnacja z SMS: STOP."


@pytest.mark.parametrize(
    ("visits", "options"),
    [
        ((visit(), visit(DAY)), "1: Mon, May 4, 9:00 AM; 2: Tue, May 5, 9:00 AM"),
        ((visit(place="A"), visit(DAY, place="A")), "1: Mon, May 4, 9:00 AM; 2: Tue, May 5, 9:00 AM, A"),
        ((visit(place="A"), visit(DAY, place="B")), "1: Mon, May 4, 9:00 AM, A; 2: Tue, May 5, 9:00 AM, B"),
        ((visit(name="Ana"), visit(name="Ben")), "1: Mon, May 4, 9:00 AM Ana; 2: Mon, May 4, 9:00 AM Ben"),
    ],
    ids=["two days", "one place", "two places", "two people"],
)
def test_the_visits_to_choose_from_are_numbered(visits: tuple[VisitFacts, ...], options: str) -> None:
    assert said(WHICH_VISIT, *visits) == (
        f"Elm Clinic: which visit? {options}. Reply with the number. Or call 206-555-0100."
    )


def test_a_zone_that_all_visits_share_is_named_once() -> None:
    facts = msgspec.structs.replace(ELM, visits=(visit(), visit(DAY)), reader_zone="Europe/Madrid")

    text = rendered(WHICH_VISIT, SMS, language="en", facts=facts, now=datetime.fromisoformat("2026-05-01T12:00Z")).text

    assert "1: Mon, May 4, 9:00 AM; 2: Tue, May 5, 9:00 AM (New York time)." in text


def test_a_mail_has_a_line_for_every_visit() -> None:
    text = said(WHICH_VISIT, visit(name="Ana", place="Main St"), visit(DAY, name="Ben"), channel=EMAIL, language="de")

    assert "\n\n1: Montag, 4. Mai 2026, 09:00 Uhr Ana, Main St\n2: Dienstag, 5. Mai 2026, 09:00 Uhr Ben\n\n" in text


def test_a_message_about_no_visits_lists_none() -> None:
    assert said(REMINDER_SEVERAL) == "Elm Clinic. Call 206-555-0100. Reply STOP to opt out."
