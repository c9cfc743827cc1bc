"""What a record holds stays in the record: no message, subject or page tells of it."""

from datetime import date, timedelta
from itertools import product

from kept.core.people import ChannelName
from kept.core.practice import Practice
from kept.core.schedules import Place, VisitType
from kept.core.texts import LANGUAGE_WORDS, TEXT_KINDS
from kept.core.wording import Rendered, rendered
from kept.flow.drafts import message_facts
from tests.dispatching import appointment, notification, patient

CANARIES = {
    "last_name": "Cnrlastname",
    "full_name": "Cnrfullname",
    "birth year": "1931",
    "patient": "pat_cnr",
    "visit": "apt_cnr",
    "practitioner": "prv_cnr",
    "room": "rm_cnr",
    "visit type": "cnrtype",
    "name of the visit type": "Cnroncology",
    "description": "Cnrdescription",
    "notes": "Cnrnotes",
    "number of another system": "CNR-778",
}
PRACTICE = Practice(
    name="Elm Clinic",
    phone="206-555-0100",
    zone="America/New_York",
    places=(Place(id="lake", name="Lake House", zone="America/New_York"),),
    visit_types=(
        VisitType(id=CANARIES["visit type"], name=CANARIES["name of the visit type"], duration=timedelta(hours=1)),
    ),
)


def messages(ahead: timedelta) -> list[Rendered]:
    visit = appointment(
        id=CANARIES["visit"],
        patient_id=CANARIES["patient"],
        practitioner_id=CANARIES["practitioner"],
        room_id=CANARIES["room"],
        place_id="lake",
        visit_type_id=CANARIES["visit type"],
        description=CANARIES["description"],
        notes=CANARIES["notes"],
        outside_id=CANARIES["number of another system"],
    )
    person = patient(
        id=CANARIES["patient"],
        first_name="Ana",
        last_name=CANARIES["last_name"],
        full_name=CANARIES["full_name"],
        date_of_birth=date(1931, 7, 19),
    )
    facts = message_facts(notification(), visit, person, PRACTICE)
    return [
        rendered(name, channel, language=language, facts=facts, now=visit.start - ahead)
        for name, channel, language in product(TEXT_KINDS, ChannelName, LANGUAGE_WORDS)
    ]


def test_a_thousand_messages_tell_nothing_of_a_record() -> None:
    made = [message for hours in range(10) for message in messages(timedelta(hours=12 * hours))]

    told = {
        name
        for name, canary in CANARIES.items()
        for message in made
        if canary.casefold() in f"{message.subject}\n{message.text}\n{message.html}".casefold()
    }

    assert len(made) >= 1000
    assert told == set()


def test_a_subject_names_the_practice_and_nobody_else() -> None:
    assert not [message.subject for message in messages(timedelta(days=1)) if "Ana" in message.subject]
