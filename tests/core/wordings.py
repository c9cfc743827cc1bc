"""What the tests of wording share: one visit, its facts, and short words for its texts."""

from datetime import UTC, datetime, timedelta

import msgspec

from kept.core.moments import tongue_for
from kept.core.people import ChannelName
from kept.core.texts import REMINDER, MessageText
from kept.core.visit_lists import VisitFacts
from kept.core.wording import MessageFacts, filled, rendered

SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_BEFORE = START - 9 * DAY
TAGS = (
    "en", "en-GB", "es", "es-MX", "es-US", "es-419", "fr", "fr-CA", "fr-CH", "de", "de-AT", "de-CH", "pl",
)  # fmt: skip

ELM = MessageFacts(
    practice="Elm Clinic", phone="206-555-0100", place="12 Elm Street", start=START, zone="America/New_York"
)
LONGEST = msgspec.structs.replace(ELM, practice="é" * 30, place="ñ" * 30, phone="+" * 20, words="W" * 70)


def with_visits(facts: MessageFacts) -> MessageFacts:
    """Return facts of a message about two visits at one time."""
    return msgspec.structs.replace(facts, visits=(VisitFacts(start=facts.start, zone=facts.zone),) * 2)


def sms(language: str = "en", *, facts: MessageFacts = ELM, now: datetime = LONG_BEFORE) -> str:
    return rendered(REMINDER, SMS, language=language, facts=facts, now=now).text


def sms_of(template: str, facts: MessageFacts = ELM, *, language: str = "en") -> str:
    return filled(MessageText(text=template), SMS, tongue=tongue_for(language), facts=facts, now=LONG_BEFORE).text


def mail(language: str = "en", *, facts: MessageFacts = ELM, now: datetime = LONG_BEFORE) -> tuple[str, str, str]:
    made = rendered(REMINDER, EMAIL, language=language, facts=facts, now=now)
    return made.subject, made.text, made.html


def seen_from(reader_zone: str | None, zone: str = "America/New_York") -> MessageFacts:
    return msgspec.structs.replace(ELM, zone=zone, reader_zone=reader_zone)
