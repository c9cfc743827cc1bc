"""
Tell what is wrong with a text before anybody gets it: whom it does not name, what it tells, asks for and costs.

Source:
    47 CFR 64.1200(a)(9)(iv) for what an appointment text must hold; the rules for texts are in :mod:`kept.core.texts`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.message_values import SMS_PHONE_LIMIT, SUBJECT_LIMIT, WORDS_LIMIT, line_in
from kept.core.moments import tongue_for
from kept.core.people import ChannelName
from kept.core.practice import SMS_NAME_LIMIT, Practice
from kept.core.reserved import asked_words, meaning_of
from kept.core.sms import Encoding, SmsSize, non_gsm_characters, size_of
from kept.core.templates import CHANNEL_TIERS, SUBJECT_TIER, parsed, too_sensitive
from kept.core.texts import REMINDER, TEXT_KINDS, MessageText, TextKind
from kept.core.visit_lists import VisitFacts
from kept.core.wording import MessageFacts, Rendered, filled, rendered, shipped_text, text_kind

_LONGEST_DATES: Final = tuple(date(2026, month, day) for month in range(1, 13) for day in range(20, 27))
"""Every weekday of every month, with two digits."""
_HOPELESS: Final = 2
"""Segments; a text that takes more on one day need not be measured on the others."""
_LONGEST_HOUR: Final = time(12, 30)
_LONGEST_ZONE: Final = "Pacific/Chatham"
"""Its offset, 12 hours 45 minutes, takes the most characters of all."""
_LONGEST_LINK: Final = "https://" + "l" * 52
_LONG_FIRST_NAME: Final = "N" * 10
_USUAL_WORDS: Final = "W" * 70
"""A notice of this length fits one segment beside the longest names; a longer one may take more, and says so."""


_SAMPLE_PHONE: Final = "206-555-0100"
_SAMPLE_PLACE: Final = "Main Street"
_SAMPLE_FIRST_NAMES: Final = ("Ana", "Ben")
_SAMPLE_LINK: Final = "https://elm.example/v/sample"
_SAMPLE_WORDS: Final = "We are closed on Friday"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A text that may become one of the practice's own."""

    template: str = REMINDER
    """The name of the text that it takes the place of."""
    channel: ChannelName = ChannelName.SMS
    language: str
    """A language tag."""
    text: str = ""
    """Empty: the shipped one."""
    subject: str = ""
    """That of a mail; empty: the shipped one."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a text would look like, cost and break."""

    subject: str = ""
    text: str
    """Empty when the template cannot be filled."""
    encoding: Encoding | None
    """None for e-mail."""
    units: int
    segments: int
    """0 for e-mail."""
    problems: tuple[FieldProblem, ...]
    """Every rule it breaks. Those with ``warning`` among their extras are no reason to refuse it."""


def check_template(
    text: str, channel: ChannelName, *, language: str, template: str = REMINDER, subject: str = ""
) -> tuple[FieldProblem, ...]:
    """
    Return everything that is wrong with a text before it is filled; empty when it may be used.

    Codes: ``unknown_placeholder``, ``stray_brace``, ``too_long``; ``too_sensitive`` for what the channel may not carry;
    ``missing_placeholder`` and ``misplaced_placeholder`` for values that belong to some texts only;
    ``missing_sender_name``; ``asks_for_reserved_word``; and for text messages ``missing_opt_out``,
    ``too_many_segments`` (with the longest names, on any day), and as warnings ``no_contact`` and
    ``non_gsm_characters``. For the subject of a mail ``too_sensitive``, ``too_long`` and ``line_break``.

    Args:
        text: With placeholders.
        channel: What it is for.
        language: A language tag, for the length of its dates.
        template: The name of the text that it takes the place of.
        subject: That of a mail, where it has one of its own.

    Raises:
        InvalidInputError: ``unknown_template``.

    Source:
        47 CFR 64.1200(a)(9)(iv) for what an appointment text must hold.

    >>> [problem.code for problem in check_template("See you {day}", ChannelName.SMS, language="en")]
    ['missing_sender_name', 'no_contact', 'missing_opt_out']
    """
    kind = text_kind(template)
    wrong = [*_wrong_subject(subject)] if channel is ChannelName.EMAIL else []
    try:
        names = parsed(text).names
    except InvalidInputError as error:
        return (*wrong, *error.problems)
    found = [*wrong, *too_sensitive(parsed(text), CHANNEL_TIERS[channel]), *_out_of_place(names, kind)]
    found += _held(text, channel, kind=kind, has_sender="practice" in names, has_phone="phone" in names)
    if channel is ChannelName.SMS and not any(problem.code == "too_sensitive" for problem in found):
        found += _too_large(_largest(text, language))
    return tuple(found)


def check_words(words: str) -> tuple[FieldProblem, ...]:
    """
    Return everything that is wrong with the words of a notice; empty when they may be sent.

    Codes: ``required``, ``too_long``, ``asks_for_reserved_word``.

    >>> [problem.message for problem in check_words("Reply CANCEL if you cannot come.")]
    ['asks for the reply CANCEL, on which providers end all messages to that number; ask for another word']
    """
    if not words.strip():
        return (FieldProblem(field="words", code="required", message="is empty; write what is to be said"),)
    if len(words) > WORDS_LIMIT:
        message = f"has more than {WORDS_LIMIT} characters; shorten it"
        return (FieldProblem(field="words", code="too_long", message=message, extra={"limit": WORDS_LIMIT}),)
    return tuple(_asked(words, field="words"))


def preview(draft: Draft, *, facts: MessageFacts, now: datetime) -> Preview:
    """
    Return a text filled with some facts, with its size and everything that is wrong with it.

    Raises:
        InvalidInputError: ``unknown_template``.
    """
    shipped = shipped_text(draft.template, draft.channel, tongue_for(draft.language).language)
    own = MessageText(subject=draft.subject, text=draft.text or shipped.text)
    language, template = draft.language, draft.template
    problems = check_template(own.text, draft.channel, language=language, template=template, subject=own.subject)
    try:
        message = rendered(template, draft.channel, language=language, facts=facts, now=now, own=own)
    except InvalidInputError as error:
        message = Rendered(subject="", text="", html="")
        problems = problems or error.problems
    return _previewed(message, draft.channel, problems)


def preview_of_text(text: str, channel: ChannelName, *, facts: MessageFacts) -> Preview:
    """
    Return a finished text as it is, with its size and everything that is wrong with it.

    Args:
        text: Nothing in it is filled in or replaced.
        channel: What it is for.
        facts: Whose it is: the sender's name and number are looked for in the text.
    """
    has_sender = bool(facts.practice) and facts.practice.casefold() in text.casefold()
    digits = re.sub(r"[^0-9]", "", facts.phone)
    has_phone = bool(digits) and digits in re.sub(r"[^0-9]", "", text)
    kind = text_kind(REMINDER)
    found = [*_held(text, channel, kind=kind, has_sender=has_sender, has_phone=has_phone)]
    if channel is ChannelName.SMS:
        found += _too_large(size_of(text))
    return _previewed(Rendered(subject="", text=text, html=""), channel, tuple(found))


def sample_facts(practice: Practice, *, now: datetime) -> MessageFacts:
    """Return facts to preview a text with: made-up visits tomorrow from ten, at the practice's first place."""
    zone = ZoneInfo(practice.zone)
    place = practice.places[0] if practice.places else None
    ten = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(10), tzinfo=zone).astimezone(UTC)
    where = place.name if place else _SAMPLE_PLACE
    return MessageFacts(
        practice=practice.name,
        phone=(place.phone if place else "") or practice.phone or _SAMPLE_PHONE,
        place=where,
        start=ten,
        zone=practice.zone,
        first_name=_SAMPLE_FIRST_NAMES[0],
        link=_SAMPLE_LINK,
        words=_SAMPLE_WORDS,
        visits=tuple(
            VisitFacts(start=ten + timedelta(hours=hour), zone=practice.zone, place=where, first_name=name)
            for hour, name in enumerate(_SAMPLE_FIRST_NAMES)
        ),
    )


def _held(
    text: str, channel: ChannelName, *, kind: TextKind, has_sender: bool, has_phone: bool
) -> Iterator[FieldProblem]:
    """Yield what a text lacks, and the replies that it must not ask for."""
    if not has_sender:
        yield _problem("missing_sender_name", "does not say who writes; put in {practice}")
    yield from _asked(text, field="text")
    if channel is not ChannelName.SMS:
        return
    if not has_phone:
        yield _problem("no_contact", "does not say how to reach the sender; put in {phone}", warning=True)
    if kind.names_stop and not re.search(r"\bSTOP\b", text):
        yield _problem("missing_opt_out", "does not say how to stop messages; add: Reply STOP to opt out.")


def _too_large(size: SmsSize) -> Iterator[FieldProblem]:
    """Yield a problem when a text message takes more than one segment."""
    if size.segments > 1:
        message = f"takes {size.segments} segments ({size.units} {size.encoding.value} units); shorten it to one"
        extra = {"segments": size.segments, "units": size.units, "encoding": size.encoding.value}
        yield _problem("too_many_segments", message, **extra)


def _problem(code: str, message: str, **extra: object) -> FieldProblem:
    """Return something that is wrong with a text."""
    return FieldProblem(field="text", code=code, message=message, extra=extra)


def _asked(text: str, *, field: str) -> Iterator[FieldProblem]:
    for word in asked_words(text):
        message = f"asks for the reply {word}, on which providers {meaning_of(word)}; ask for another word"
        yield FieldProblem(field=field, code="asks_for_reserved_word", message=message, extra={"word": word})


def _out_of_place(names: frozenset[str], kind: TextKind) -> Iterator[FieldProblem]:
    """Yield the values that a text of this kind needs and lacks, and those that it never has."""
    for name in kind.must_hold:
        if name not in names:
            yield _problem("missing_placeholder", f"does not say {{{name}}}, for which it is there; put it in")
    for name in sorted(names & _OF_SOME_TEXTS.keys() - {*kind.must_hold}):
        where = " and ".join(_OF_SOME_TEXTS[name])
        yield _problem("misplaced_placeholder", f"has {{{name}}}, which only {where} can fill; take it out")


def _wrong_subject(subject: str) -> Iterator[FieldProblem]:
    if len(subject) > SUBJECT_LIMIT:
        message = f"has more than {SUBJECT_LIMIT} characters; shorten it"
        yield FieldProblem(field="subject", code="too_long", message=message, extra={"limit": SUBJECT_LIMIT})
        return
    if line_in(ChannelName.EMAIL, subject) != subject.strip():
        message = "has a line break or a hidden character; write it on one line"
        yield FieldProblem(field="subject", code="line_break", message=message)
    try:
        template = parsed(subject)
    except InvalidInputError as error:
        yield from (msgspec.structs.replace(problem, field="subject") for problem in error.problems)
        return
    yield from too_sensitive(template, SUBJECT_TIER, field="subject")


_OF_SOME_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(text for text, kind in TEXT_KINDS.items() if name in kind.must_hold)
    for kind in TEXT_KINDS.values()
    for name in kind.must_hold
}


def _largest(text: str, language: str) -> SmsSize:
    """Return the size of a text message with the longest names, on the day that makes it largest."""
    tongue = tongue_for(language)
    largest = SmsSize(encoding=Encoding.GSM_7, units=0, segments=0)
    for facts in _longest():
        now = facts.start - timedelta(days=9)
        size = size_of(filled(MessageText(text=text), ChannelName.SMS, tongue=tongue, facts=facts, now=now).text)
        largest = max(largest, size, key=lambda size: (size.segments, size.units))
        if largest.segments > _HOPELESS:
            break
    return largest


@lru_cache(maxsize=1)
def _longest() -> tuple[MessageFacts, ...]:
    zone = ZoneInfo(_LONGEST_ZONE)
    starts = [datetime.combine(day, _LONGEST_HOUR, tzinfo=zone).astimezone(UTC) for day in _LONGEST_DATES]
    name = "N" * SMS_NAME_LIMIT
    return tuple(
        MessageFacts(
            practice=name,
            place=name,
            phone="0" * SMS_PHONE_LIMIT,
            start=start,
            zone=_LONGEST_ZONE,
            reader_zone="UTC",
            first_name=_LONG_FIRST_NAME,
            link=_LONGEST_LINK,
            words=_USUAL_WORDS,
            visits=(VisitFacts(start=start, zone=_LONGEST_ZONE),) * 2,
        )
        for start in starts
    )


def _previewed(message: Rendered, channel: ChannelName, problems: tuple[FieldProblem, ...]) -> Preview:
    if channel is not ChannelName.SMS:
        return Preview(
            subject=message.subject, text=message.text, encoding=None, units=0, segments=0, problems=problems
        )
    size = size_of(message.text)
    strange = non_gsm_characters(message.text)
    if strange:
        named = " ".join(f"U+{ord(character):04X}" for character in strange)
        note = f"has characters outside GSM-7 ({named}), so that a segment holds 70 instead of 160; replace them"
        problems = (*problems, _problem("non_gsm_characters", note, warning=True, characters=list(strange)))
    return Preview(
        text=message.text, encoding=size.encoding, units=size.units, segments=size.segments, problems=problems
    )
