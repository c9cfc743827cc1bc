"""
Word a message: fill its text for one person, and tell what is wrong with a text before anybody gets it.

A text message takes the fullest wording that fits into one segment of GSM-7, so that nobody pays twice for a weekday.

Source:
    WCAG 2.2 §1.4.3 (contrast) and §1.4.10 (320 px) for the mail; the rules for texts are in :mod:`kept.core.texts`.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.moments import Occasion, Saying, Tongue, long_saying, short_sayings, tongue_for
from kept.core.people import ChannelName
from kept.core.practice import SMS_NAME_LIMIT, Practice
from kept.core.reserved import asked_words, meaning_of
from kept.core.sms import Encoding, SmsSize, non_gsm_characters, size_of
from kept.core.templates import Template, fill, parsed
from kept.core.texts import (
    FALLBACK_LANGUAGE,
    GSM_LOOKALIKES,
    REMINDER,
    TEXTS,
    MessageText,
)

SMS_PHONE_LIMIT: Final = 20
"""Longest call-back number in a text message: 15 digits, a plus sign and four separators."""
MAIL_VALUE_LIMIT: Final = 200
_ELLIPSIS: Final = "..."
_SAMPLE_PHONE: Final = "206-555-0100"
_SAMPLE_PLACE: Final = "Main Street"

_BREAKS: Final = re.compile(r"[\s\u0085\u2028\u2029]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LOOKALIKES: Final = str.maketrans(GSM_LOOKALIKES)


_LONGEST_DATES: Final = tuple(date(2026, month, day) for month in range(1, 13) for day in range(20, 27))
"""Every weekday of every month, with two digits."""
_HOPELESS: Final = 2
"""Segments; a text that takes more on one day need not be measured on the others."""
_LONGEST_HOUR: Final = time(12, 30)
_LONGEST_ZONE: Final = "Pacific/Chatham"
"""Its offset, 12 hours 45 minutes, takes the most characters of all."""


class MessageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a message may be made of."""

    practice: str
    phone: str
    """Call-back number as it should be read; empty when there is none."""
    place: str
    start: datetime
    """UTC."""
    zone: str
    """IANA zone of the place."""
    reader_zone: str | None = None
    """Zone of the person, if known; it decides only whether the zone of the place is named."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it leaves."""

    subject: str
    """Empty for SMS."""
    text: str
    html: str
    """Says what ``text`` says; empty for SMS."""


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


def rendered(template: str, channel: ChannelName, *, language: str, facts: MessageFacts, now: datetime) -> Rendered:
    """
    Return a shipped text, filled.

    Args:
        template: Its name, such as ``reminder``.
        channel: Text messages come in one segment of GSM-7 whenever their words allow it.
        language: A language tag; ``es-MX`` falls back to ``es``, and every other language to English.
        facts: What it says.
        now: When it is written; "tomorrow" is the day after this one on the calendar of the place.

    Raises:
        InvalidInputError: no such text (``unknown_template``), or a zone that does not exist.

    >>> start, now = datetime.fromisoformat("2026-05-04T13:00Z"), datetime.fromisoformat("2026-05-03T13:00Z")
    >>> facts = MessageFacts(
    ...     practice="Elm Clinic", phone="206-555-0100", place="12 Elm St", start=start, zone="America/New_York"
    ... )
    >>> rendered("reminder", ChannelName.SMS, language="en", facts=facts, now=now).text
    'Elm Clinic: appointment tomorrow (Mon, May 4) at 9:00 AM, 12 Elm St. Call 206-555-0100. Reply STOP to opt out.'
    """
    tongue = tongue_for(language)
    source = TEXTS.get((template, channel, tongue.language)) or TEXTS.get((template, channel, FALLBACK_LANGUAGE))
    if source is None:
        names = ", ".join(sorted({name for name, _, _ in TEXTS}))
        raise InvalidInputError.of("template", "unknown_template", f"is not a text of ours; there are: {names}")
    return filled(source, channel, tongue=tongue, facts=facts, now=now)


def filled(
    source: MessageText, channel: ChannelName, *, tongue: Tongue, facts: MessageFacts, now: datetime
) -> Rendered:
    """
    Return a text with its placeholders filled.

    Raises:
        InvalidInputError: ``unknown_placeholder``, ``stray_brace`` or ``too_long`` in the text; or an unknown zone.
    """
    occasion = Occasion(start=facts.start, zone=facts.zone, reader_zone=facts.reader_zone, now=now)
    if channel is ChannelName.SMS:
        return Rendered(subject="", text=_sms(_plain_template(source.text), facts, occasion, tongue), html="")
    values = _values(long_saying(occasion, tongue), facts, for_sms=False)
    subject, text = (fill(parsed(words), values) for words in (source.subject, source.text))
    return Rendered(subject=subject, text=text, html=_page(subject, text, tongue.tag.replace("_", "-")))


def check_template(template: str, channel: ChannelName, *, language: str) -> tuple[FieldProblem, ...]:
    """
    Return everything that is wrong with a template; empty when it may be used.

    Codes: ``unknown_placeholder``, ``stray_brace``, ``too_long``; ``missing_sender_name``; ``asks_for_reserved_word``;
    and for text messages ``missing_opt_out``, ``too_many_segments`` (with the longest names, on any day), and as
    warnings ``no_contact`` and ``non_gsm_characters``.

    Source:
        47 CFR 64.1200(a)(9)(iv) for what an appointment text must hold.

    >>> [problem.code for problem in check_template("See you {day}", ChannelName.SMS, language="en")]
    ['missing_sender_name', 'no_contact', 'missing_opt_out']
    """
    try:
        names = parsed(template).names
    except InvalidInputError as error:
        return error.problems
    found = [*_holds(template, channel, has_sender="practice" in names, has_phone="phone" in names)]
    if channel is ChannelName.SMS:
        found += _too_large(_largest(template, language))
    return tuple(found)


def preview(template: str, channel: ChannelName, *, language: str, facts: MessageFacts, now: datetime) -> Preview:
    """Return a template filled with some facts, with its size and everything that is wrong with it."""
    problems = check_template(template, channel, language=language)
    tongue = tongue_for(language)
    source = MessageText(subject=TEXTS[REMINDER, channel, tongue.language].subject, text=template)
    try:
        message = filled(source, channel, tongue=tongue, facts=facts, now=now)
    except InvalidInputError as error:
        message = Rendered(subject="", text="", html="")
        problems = problems or error.problems
    return _previewed(message, channel, problems)


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
    found = [*_holds(text, channel, has_sender=has_sender, has_phone=has_phone)]
    if channel is ChannelName.SMS:
        found += _too_large(size_of(text))
    return _previewed(Rendered(subject="", text=text, html=""), channel, tuple(found))


def sample_facts(practice: Practice, *, now: datetime) -> MessageFacts:
    """Return facts to preview a text with: a visit tomorrow at ten, at the practice's first place."""
    zone = ZoneInfo(practice.zone)
    place = practice.places[0] if practice.places else None
    ten = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(10), tzinfo=zone)
    return MessageFacts(
        practice=practice.name,
        phone=(place.phone if place else "") or practice.phone or _SAMPLE_PHONE,
        place=place.name if place else _SAMPLE_PLACE,
        start=ten.astimezone(UTC),
        zone=practice.zone,
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


def _holds(text: str, channel: ChannelName, *, has_sender: bool, has_phone: bool) -> Iterator[FieldProblem]:
    """Yield what a text lacks, and the replies that it must not ask for."""
    if not has_sender:
        yield _problem("missing_sender_name", "does not say who writes; put in {practice}")
    for word in asked_words(text):
        message = f"asks for the reply {word}, on which providers {meaning_of(word)}; ask for another word"
        yield _problem("asks_for_reserved_word", message, word=word)
    if channel is not ChannelName.SMS:
        return
    if not has_phone:
        yield _problem("no_contact", "does not say how to reach the sender; put in {phone}", warning=True)
    if not re.search(r"\bSTOP\b", text):
        yield _problem("missing_opt_out", "does not say how to stop messages; add: Reply STOP to opt out.")


def _too_large(size: SmsSize) -> Iterator[FieldProblem]:
    if size.segments > 1:
        message = f"takes {size.segments} segments ({size.units} {size.encoding.value} units); shorten it to one"
        extra = {"segments": size.segments, "units": size.units, "encoding": size.encoding.value}
        yield _problem("too_many_segments", message, **extra)


def _largest(template: str, language: str) -> SmsSize:
    """Return the size of a text message with the longest names, on the day that makes it largest."""
    tongue = tongue_for(language)
    largest = SmsSize(encoding=Encoding.GSM_7, units=0, segments=0)
    for facts, occasion in _longest():
        size = size_of(_sms(_plain_template(template), facts, occasion, tongue))
        largest = max(largest, size, key=lambda size: (size.segments, size.units))
        if largest.segments > _HOPELESS:
            break
    return largest


@lru_cache(maxsize=1)
def _longest() -> tuple[tuple[MessageFacts, Occasion], ...]:
    zone = ZoneInfo(_LONGEST_ZONE)
    starts = [datetime.combine(day, _LONGEST_HOUR, tzinfo=zone).astimezone(UTC) for day in _LONGEST_DATES]
    name = "N" * SMS_NAME_LIMIT
    return tuple(
        (
            MessageFacts(practice=name, place=name, phone="0" * SMS_PHONE_LIMIT, start=start, zone=_LONGEST_ZONE),
            Occasion(start=start, zone=_LONGEST_ZONE, reader_zone="UTC", now=start - timedelta(days=9)),
        )
        for start in starts
    )


def _problem(code: str, message: str, **extra: object) -> FieldProblem:
    return FieldProblem(field="text", code=code, message=message, extra=extra)


@lru_cache(maxsize=512)
def _plain_template(source: str) -> Template:
    return parsed(source.translate(_LOOKALIKES))


def _sms(template: Template, facts: MessageFacts, occasion: Occasion, tongue: Tongue) -> str:
    """
    Return the fullest wording among those with the fewest segments, GSM-7 before UCS-2.

    Source:
        Ours: a wording costs the practice money only when no shorter one says the same.
    """
    best, best_rank = "", (0, False)
    for saying in short_sayings(occasion, tongue):
        text = fill(template, _values(saying, facts, for_sms=True))
        size = size_of(text)
        rank = (size.segments, size.encoding is Encoding.UCS_2)
        if rank <= (1, False):
            return text
        if not best or rank < best_rank:
            best, best_rank = text, rank
    return best


def _values(saying: Saying, facts: MessageFacts, *, for_sms: bool) -> Mapping[str, str]:
    name_limit, phone_limit = (SMS_NAME_LIMIT, SMS_PHONE_LIMIT) if for_sms else (MAIL_VALUE_LIMIT, MAIL_VALUE_LIMIT)
    phone = _clean(facts.phone, for_sms)
    return {
        "practice": _cut(_clean(facts.practice, for_sms), name_limit),
        "phone": phone if len(phone) <= phone_limit else "",  # half a number would be another one's
        "place": _cut(_clean(facts.place, for_sms), name_limit),
        "weekday": saying.weekday,
        "date": saying.date,
        "time": saying.time,
        "day": saying.day,
        "zone": saying.zone,
    }


@lru_cache(maxsize=4096)
def _clean(value: str, for_sms: bool) -> str:  # noqa: FBT001 - positional, because lru_cache keys keywords slowly
    """Return a value on one line, without control characters and without marks that turn the direction of text."""
    line = _CONTROLS.sub("", _BREAKS.sub(" ", value)).strip()
    return line.translate(_LOOKALIKES) if for_sms else line


def _cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - len(_ELLIPSIS)].rstrip() + _ELLIPSIS


def _page(subject: str, text: str, language: str) -> str:
    """Return the text as a mail page: its paragraphs and nothing else."""
    paragraphs = "\n".join(f"<p>{_lines(block.split(chr(10)))}</p>" for block in text.split("\n\n"))
    return (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(subject)}</title>\n</head>\n"
        '<body style="margin:0;padding:16px;background:#ffffff;color:#1a1a1a;'
        'font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">\n'
        f'<div style="max-width:560px;margin:0 auto;overflow-wrap:anywhere">\n{paragraphs}\n</div>\n</body>\n</html>\n'
    )


def _lines(lines: Iterable[str]) -> str:
    return "<br>\n".join(html.escape(line) for line in lines)
