"""
Templates: text with a closed list of ``{name}`` placeholders, taken apart once and filled in one pass.

There are no attributes, no formats and no conditions, and a value is put in once: what looks like a placeholder inside
a value stays as it is. When a value is empty, the words since the comma, full stop or line break before it go as well:
without a phone, ``. Call {phone}`` is left out.

Source:
    OWASP ASVS 5.0 V1.3 (what people write is never run by a template engine).
"""

import re
from collections.abc import Iterator, Mapping
from enum import IntEnum
from functools import lru_cache
from typing import Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.people import ChannelName


class Tier(IntEnum):
    """How much a value tells about a person, from nothing to what only those who treat them should know."""

    PRACTICE = 1
    """Who writes, and what that practice says to everybody."""
    VISIT = 2
    """That somebody is expected somewhere at some time."""
    PERSON = 3
    """A first name."""
    CARE = 4
    """What a visit is for, with whom, and what stands in a record."""


TIERS: Final[dict[str, Tier]] = {
    "practice": Tier.PRACTICE,
    "phone": Tier.PRACTICE,
    "words": Tier.PRACTICE,
    "place": Tier.VISIT,
    "weekday": Tier.VISIT,
    "date": Tier.VISIT,
    "time": Tier.VISIT,
    "day": Tier.VISIT,
    "zone": Tier.VISIT,
    "link": Tier.VISIT,
    "first_name": Tier.PERSON,
    "visits": Tier.PERSON,
    "options": Tier.PERSON,
    "visit_type": Tier.CARE,
    "practitioner": Tier.CARE,
    "specialty": Tier.CARE,
    "reason": Tier.CARE,
    "notes": Tier.CARE,
    "last_name": Tier.CARE,
    "birth_date": Tier.CARE,
    "record_number": Tier.CARE,
}
"""
Every name that a text may try to use. Those of tier CARE have no value anywhere: they are here so that a text that
asks for one is refused with the reason, and not as a slip of the pen.
"""

CHANNEL_TIERS: Final[dict[ChannelName, Tier]] = {ChannelName.SMS: Tier.PERSON, ChannelName.EMAIL: Tier.PERSON}
"""
The most that a message may tell on its way: telephones show messages on locked screens, and mail is read by others.

Source:
    45 CFR 164.502(b) and 164.530(c); HHS FAQ 198 (appointment reminders are allowed, with as little as they need).
"""

SUBJECT_TIER: Final = Tier.VISIT
"""The most that the subject of a mail may tell: it is seen before the mail is opened. Ours."""

PLACEHOLDERS: Final = tuple(name for name, tier in TIERS.items() if tier <= max(CHANNEL_TIERS.values()))
"""Everything that some message may say."""

MAX_TEMPLATE_LENGTH: Final = 5000
"""Characters; ours, far beyond any message that is read."""

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_]{1,30}")
_STOPS: Final = ",.\n"
_ENDS: Final = (".", "!", "?")
_OPENING: Final = " ,.:;"
"""What no line begins with after a value that is empty."""
_WHERE: Final = {"text": "a message", "subject": "the subject of a message"}


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A placeholder and the words before it."""

    lead: str
    lead_if_empty: str
    """The words before it when its value is empty."""
    name: str


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A text taken apart at its placeholders."""

    parts: tuple[Part, ...]
    tail: str
    """The words after the last placeholder."""
    names: frozenset[str]
    """The placeholders in it."""


@lru_cache(maxsize=512)
def parsed(source: str) -> Template:
    """
    Return a template taken apart.

    Raises:
        InvalidInputError: ``unknown_placeholder``, ``stray_brace`` or ``too_long``.

    >>> sorted(parsed("{practice}: {day} at {time}").names)
    ['day', 'practice', 'time']
    """
    if len(source) > MAX_TEMPLATE_LENGTH:
        message = f"has more than {MAX_TEMPLATE_LENGTH} characters; shorten it"
        raise InvalidInputError.of("text", "too_long", message, limit=MAX_TEMPLATE_LENGTH)
    *pairs, tail = _PLACEHOLDER.split(source)
    leads, names = pairs[::2], pairs[1::2]
    for name in names:
        if name not in TIERS:
            raise _unknown(name)
    if any("{" in words or "}" in words for words in (*leads, tail)):
        message = "has a stray { or }; braces stand only around a name, as in {practice}; take the others out"
        raise InvalidInputError.of("text", "stray_brace", message)
    parts = tuple(
        Part(lead=lead, lead_if_empty=_up_to_last_stop(lead), name=name)
        for lead, name in zip(leads, names, strict=True)
    )
    return Template(parts=parts, tail=tail, names=frozenset(names))


def too_sensitive(template: Template, limit: Tier, *, field: str = "text") -> Iterator[FieldProblem]:
    """
    Yield a problem for every placeholder that tells more than it may where the text goes.

    >>> [problem.message for problem in too_sensitive(parsed("{practice}: {reason}"), Tier.PERSON)]
    ['has {reason}, which tells more than a message may carry; take it out']
    """
    for name in sorted(template.names):
        if TIERS[name] > limit:
            message = f"has {{{name}}}, which tells more than {_WHERE[field]} may carry; take it out"
            extra: dict[str, object] = {"placeholder": name, "tier": TIERS[name].name.lower()}
            yield FieldProblem(field=field, code="too_sensitive", message=message, extra=extra)


def fill(template: Template, values: Mapping[str, str]) -> str:
    """
    Return the text with its values in place.

    >>> template = parsed("{practice}: {time}, {place}. Call {phone}. Bye")
    >>> fill(template, {"practice": "Elm", "time": "9 a.m.", "place": "", "phone": ""})
    'Elm: 9 a.m. Bye'
    """
    out: list[str] = []
    last, was_dropped = "", False
    for part in template.parts:
        value = values[part.name]
        words = _joint(last, part.lead if value else part.lead_if_empty, was_dropped=was_dropped)
        out += (words, value)
        last, was_dropped = value or words or last, not value
    out.append(_joint(last, template.tail, was_dropped=was_dropped))
    return "".join(out)


def _joint(before: str, words: str, *, was_dropped: bool) -> str:
    """
    Return words to be added: a full stop after another, as after ``9 a.m.``, is not written twice.

    Where a line would begin with the comma after a name that is not known, the comma is left out.
    """
    if words.startswith(".") and before.endswith(_ENDS):
        return words[1:]
    if was_dropped and (not before or before.endswith("\n")):
        return words.lstrip(_OPENING)
    return words


def _up_to_last_stop(words: str) -> str:
    return words[: max(0, *(words.rfind(stop) for stop in _STOPS))]


def _unknown(name: str) -> InvalidInputError:
    named = f" {{{name}}}" if _PLAIN_NAME.fullmatch(name) else ""
    allowed = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
    message = f"has a placeholder{named} that does not exist; use {allowed}"
    return InvalidInputError.of("text", "unknown_placeholder", message)
