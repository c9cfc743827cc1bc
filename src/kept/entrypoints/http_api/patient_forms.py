"""The bodies that describe a patient, or what a patient allows."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Final, cast

import msgspec

from kept.core.contacts import parse_email, parse_phone
from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName, Patient
from kept.core.practice import Practice
from kept.core.zones import parse_date, zone_named
from kept.flow.people import ConsentWish
from kept.formats.shapes import Member, Problems, Shape, Type, Values, object_of, read, text_of

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")
_SAID_HERE: Final = "given to the practice"
_TYPED: Final = "typed on a public page"

_EVIDENCE: Final = {
    "source": Member(types=(Type.TEXT,), about="Where the person said so.", example=_SAID_HERE),
    "wording": Member(types=(Type.TEXT,), about="The words that the person saw or used.", limit=2_000, multiline=True),
}
_WISH: Final = Shape(
    name="ConsentWish",
    about="What a person said about a channel, and how we know.",
    members={"granted": Member(types=(Type.FLAG,), about="Whether messages are allowed.", required=True), **_EVIDENCE},
)
_CONSENTS: Final = Shape(
    name="ConsentWishes",
    about="What a person said about each channel; giving an address without a word about it allows messages.",
    members={
        channel.value: Member(types=(Type.FLAG, Type.OBJECT), about=f"Messages by {channel.value}.", shape=_WISH)
        for channel in ChannelName
    },
)

_MEMBERS: Final = {
    "firstName": Member(types=(Type.TEXT,), about="Give first and last name, or name."),
    "lastName": Member(types=(Type.TEXT,), about="Give first and last name, or name."),
    "name": Member(types=(Type.TEXT,), about="The whole name, for those who keep it whole."),
    "email": Member(types=(Type.NOTATION,), about="One e-mail address."),
    "phone": Member(
        types=(Type.NOTATION,),
        about="International form; without a prefix it is read as of the practice's country.",
    ),
    "dateOfBirth": Member(types=(Type.NOTATION,), about="2000-02-29."),
    "language": Member(types=(Type.NOTATION,), about="Language tag for messages (BCP 47); none: the practice's."),
    "timeZone": Member(types=(Type.NOTATION,), about="IANA zone in which the person lives; none: the place's."),
    "consents": Member(types=(Type.OBJECT,), about="What the person said about messages.", shape=_CONSENTS),
}
_EXAMPLE: Final = {
    "firstName": "Ann",
    "lastName": "Lee",
    "email": "ann@example.com",
    "phone": "+12065550100",
    "dateOfBirth": "1990-05-17",
    "language": "en",
    "consents": {"sms": True},
}

PATIENT: Final = Shape(
    name="PatientRegistration",
    about="A new patient.",
    members={
        "patientId": Member(types=(Type.ID,), about="An id of your own; none: one is made."),
        **_MEMBERS,
        "selfEntered": Member(
            types=(Type.FLAG,),
            about=(
                "The phone number was typed on a public page: no text goes to it before one has come from it, or the "
                "desk has noted a consent. So nobody can run up the bill with other people's numbers."
            ),
        ),
    },
    needs=("name", "firstName", "lastName"),
    example=_EXAMPLE,
)
CHANGE: Final = Shape(
    name="PatientChange",
    about="What is to be other than it is; null takes a member away.",
    members=_MEMBERS,
    needs=tuple(_MEMBERS),
    example={"phone": "+12065550101"},
)
CONSENT: Final = Shape(
    name="ConsentNote",
    about="What a person said about one channel.",
    members={
        "channel": Member(
            types=(Type.TEXT,), about="Which way.", required=True, choices=tuple(c.value for c in ChannelName)
        ),
        "granted": Member(types=(Type.FLAG,), about="Whether messages are allowed.", required=True),
        **_EVIDENCE,
    },
    example={"channel": "sms", "granted": False, "source": "said at the desk"},
)


def patient_of(
    document: object, practice: Practice, *, new_id: str, now: datetime
) -> tuple[Patient, tuple[ConsentWish, ...]]:
    """
    Return the patient that a body describes, and what it says about messages.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    problems = Problems()
    values = read(PATIENT, document, problems)
    fields = _fields(values, practice, problems, now=now)
    problems.check()
    patient = Patient(
        id=text_of(values, "patientId") or new_id, created_at=now, updated_at=now, **cast("dict[str, Any]", fields)
    )
    wishes = _wishes(values, patient, problems)
    problems.check()
    return patient, _unproven(wishes) if values.get("selfEntered") and patient.phone else wishes


def patient_changed(
    document: object, patient: Patient, practice: Practice, *, now: datetime
) -> tuple[Patient, tuple[ConsentWish, ...]]:
    """
    Return the patient as a body wants it, and what it says about messages.

    Raises:
        InvalidInputError: with everything that is wrong; a change that changes nothing is.
    """
    problems = Problems()
    values = read(CHANGE, document, problems)
    fields = _fields(values, practice, problems, now=now)
    problems.check()
    after = msgspec.structs.replace(patient, **{**_taken_away(document), **fields})
    if not after.name.strip():
        problems.add("name", "required", "would be empty; keep a name")
    wishes = _wishes(values, after, problems)
    problems.check()
    return after, wishes


def wish_of(document: object) -> ConsentWish:
    """
    Return what a person said about a channel.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    problems = Problems()
    values = read(CONSENT, document, problems)
    problems.check()
    return _wish(ChannelName(text_of(values, "channel")), values)


def no_address(field: str, channel: ChannelName) -> InvalidInputError:
    """Return the error for a wish about a channel on which the patient cannot be reached."""
    needed = "phone number" if channel is ChannelName.SMS else "e-mail address"
    message = f"speaks of {channel.value}, but the patient has no {needed}; give one first"
    return InvalidInputError.of(field, "no_address", message)


_OUR_NAMES: Final = {
    "firstName": "first_name",
    "lastName": "last_name",
    "name": "full_name",
    "email": "email",
    "phone": "phone",
    "dateOfBirth": "date_of_birth",
    "language": "language",
    "timeZone": "zone",
}
_EMPTY_TEXTS: Final = frozenset({"firstName", "lastName", "name"})


def _fields(values: Values, practice: Practice, problems: Problems, *, now: datetime) -> dict[str, object]:
    """Return the members that were given and are right, by our own names."""
    readers = {
        "firstName": lambda text: _name(text, "firstName"),
        "lastName": lambda text: _name(text, "lastName"),
        "name": lambda text: _name(text, "name"),
        "email": parse_email,
        "phone": lambda text: parse_phone(text, region=practice.region),
        "dateOfBirth": lambda text: _birthday(text, now.date()),
        "language": _language,
        "timeZone": lambda text: zone_named(text).key,
    }
    if "name" in values and values.keys() & {"firstName", "lastName"}:
        problems.add("name", "conflicts_with", "stands beside firstName or lastName; give one or the other")
    read_ = {name: problems.tried(readers[name], text_of(values, name)) for name in readers if name in values}
    fields = {_OUR_NAMES[name]: value for name, value in read_.items() if value is not None}
    if "full_name" in fields:
        return {"first_name": "", "last_name": "", **fields}
    return {"full_name": "", **fields} if fields.keys() & {"first_name", "last_name"} else fields


def _taken_away(document: object) -> dict[str, object]:
    """Return the members that are null, emptied."""
    given = cast("dict[str, object]", document)
    names = [name for name in _OUR_NAMES if name in given and given[name] is None]
    return {_OUR_NAMES[name]: "" if name in _EMPTY_TEXTS else None for name in names}


def _wishes(values: Values, patient: Patient, problems: Problems) -> tuple[ConsentWish, ...]:
    wishes = []
    for name, said in object_of(values, "consents").items():
        channel = ChannelName(name)
        if not patient.address(channel):
            problems.found.extend(no_address(f"consents/{name}", channel).problems)
        given = cast("Values", said) if isinstance(said, dict) else {"granted": said}
        if "granted" in given:
            wishes.append(_wish(channel, given))
    return tuple(wishes)


def _unproven(wishes: tuple[ConsentWish, ...]) -> tuple[ConsentWish, ...]:
    """Return the wishes with one for texts that counts only once the number is known to be the person's own."""
    said = {w.channel: w for w in wishes}
    texts = said.get(ChannelName.SMS) or ConsentWish(channel=ChannelName.SMS, granted=True, source=_TYPED)
    others = tuple(w for w in wishes if w.channel is not ChannelName.SMS)
    return (*others, msgspec.structs.replace(texts, is_unproven=texts.granted))


def _wish(channel: ChannelName, values: Values) -> ConsentWish:
    return ConsentWish(
        channel=channel,
        granted=bool(values["granted"]),
        source=text_of(values, "source") or _SAID_HERE,
        wording=text_of(values, "wording"),
    )


def _name(text: str, field: str) -> str:
    if not any(c.isprintable() and not c.isspace() for c in text):  # zero-width characters show nothing either
        raise InvalidInputError.of(field, "required", "must not be blank; give it, or leave the member out")
    return text


def _birthday(text: str, today: date) -> date:
    day = parse_date(text, field="dateOfBirth")
    if day > today:
        raise InvalidInputError.of("dateOfBirth", "in_the_future", "lies in the future; correct the date")
    return day


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise InvalidInputError.of("language", "not_a_language", "is no language tag; give one such as en or es-MX")
    return text
