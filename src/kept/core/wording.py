"""
Fill the texts of messages: a closed list of placeholders, no code, and as few segments as a text message can have.

A template is text with ``{name}`` in it. There are no attributes, no formats and no conditions, and a value is put in
once: what looks like a placeholder inside a value stays as it is. When a value is empty, the words since the comma,
full stop or line break before it go as well: without a phone, ``. Call {phone}`` is left out.

Source:
    OWASP ASVS 5.0 V1.3 (no template engine on what people write); WCAG 2.2 §1.4.3 (contrast), §1.4.10 (320 px).
"""

import html
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.moments import Occasion, Saying, Tongue, long_saying, short_sayings, tongue_for
from kept.core.people import ChannelName
from kept.core.practice import SMS_NAME_LIMIT
from kept.core.sms import Encoding, size_of
from kept.core.texts import FALLBACK_LANGUAGE, GSM_LOOKALIKES, TEXTS, MessageText

PLACEHOLDERS: Final = ("practice", "phone", "place", "weekday", "date", "time", "day", "zone")
"""Everything a message may say."""

MAX_TEMPLATE_LENGTH: Final = 5000
"""Characters; ours, far beyond any message that is read."""
SMS_PHONE_LIMIT: Final = 20
"""Longest call-back number in a text message: 15 digits, a plus sign and four separators."""
MAIL_VALUE_LIMIT: Final = 200
_ELLIPSIS: Final = "..."

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_]{1,30}")
_SINCE_STOP: Final = re.compile(r"(?:[,.\n][^,.\n]*|\A[^,.\n]*)\Z")
_BREAKS: Final = re.compile(r"[\s\u0085\u2028\u2029]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LOOKALIKES: Final = str.maketrans(GSM_LOOKALIKES)


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


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    lead: str
    """The words before the placeholder."""
    lead_if_empty: str
    name: str


class _Template(msgspec.Struct, frozen=True, kw_only=True):
    parts: tuple[_Part, ...]
    tail: str


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
        return Rendered(subject="", text=_sms(parsed(source.text, for_sms=True), facts, occasion, tongue), html="")
    values = _values(long_saying(occasion, tongue), facts, for_sms=False)
    subject, text = (_fill(parsed(words, for_sms=False), values) for words in (source.subject, source.text))
    return Rendered(subject=subject, text=text, html=_page(subject, text, tongue.tag.replace("_", "-")))


def template_problem(template: str) -> FieldProblem | None:
    """
    Return what makes a template unusable, or None.

    >>> template_problem("{practice.name}").code
    'unknown_placeholder'
    """
    try:
        parsed(template, for_sms=False)
    except InvalidInputError as error:
        return error.problems[0]
    return None


@lru_cache(maxsize=512)
def parsed(template: str, *, for_sms: bool) -> _Template:
    """
    Return a template taken apart at its placeholders.

    Raises:
        InvalidInputError: ``unknown_placeholder``, ``stray_brace`` or ``too_long``.
    """
    if len(template) > MAX_TEMPLATE_LENGTH:
        message = f"has more than {MAX_TEMPLATE_LENGTH} characters; shorten it"
        raise InvalidInputError.of("text", "too_long", message, limit=MAX_TEMPLATE_LENGTH)
    *pairs, tail = _PLACEHOLDER.split(template)
    leads, names = pairs[::2], pairs[1::2]
    for name in names:
        if name not in PLACEHOLDERS:
            raise _unknown(name)
    if any("{" in words or "}" in words for words in (*leads, tail)):
        message = "has a stray { or }; braces stand only around a name, as in {practice}; take the others out"
        raise InvalidInputError.of("text", "stray_brace", message)
    if for_sms:
        leads, tail = [lead.translate(_LOOKALIKES) for lead in leads], tail.translate(_LOOKALIKES)
    parts = tuple(
        _Part(lead=lead, lead_if_empty=_SINCE_STOP.sub("", lead, count=1), name=name)
        for lead, name in zip(leads, names, strict=True)
    )
    return _Template(parts=parts, tail=tail)


def _unknown(name: str) -> InvalidInputError:
    named = f" {{{name}}}" if _PLAIN_NAME.fullmatch(name) else ""
    allowed = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
    return InvalidInputError.of(
        "text", "unknown_placeholder", f"has a placeholder{named} that does not exist; use {allowed}"
    )


def _sms(template: _Template, facts: MessageFacts, occasion: Occasion, tongue: Tongue) -> str:
    """
    Return the fullest wording among those with the fewest segments, GSM-7 before UCS-2.

    Source:
        Ours: a wording costs the practice money only when no shorter one says the same.
    """
    best, best_rank = "", (0, False)
    for saying in short_sayings(occasion, tongue):
        text = _fill(template, _values(saying, facts, for_sms=True))
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


def _fill(template: _Template, values: Mapping[str, str]) -> str:
    out: list[str] = []
    for part in template.parts:
        value = values[part.name]
        _join(out, part.lead if value else part.lead_if_empty)
        out.append(value)
    _join(out, template.tail)
    return "".join(out)


def _join(out: list[str], words: str) -> None:
    """Add words; a full stop after a value that ends with one, as ``9:00 a.m.`` does, is written once."""
    if words.startswith(".") and next((said for said in reversed(out) if said), "").endswith("."):
        words = words[1:]
    out.append(words)


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
