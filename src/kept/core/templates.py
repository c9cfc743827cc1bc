"""
Templates: text with a closed list of ``{name}`` placeholders, taken apart once and filled in one pass.

There are no attributes, no formats and no conditions, and a value is put in once: what looks like a placeholder inside
a value stays as it is. When a value is empty, the words since the comma, full stop or line break before it go as well:
without a phone, ``. Call {phone}`` is left out.

Source:
    OWASP ASVS 5.0 V1.3 (what people write is never run by a template engine).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError

PLACEHOLDERS: Final = ("practice", "phone", "place", "weekday", "date", "time", "day", "zone")
"""Everything a message may say."""

MAX_TEMPLATE_LENGTH: Final = 5000
"""Characters; ours, far beyond any message that is read."""

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_]{1,30}")
_STOPS: Final = ",.\n"


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

    @property
    def names(self) -> frozenset[str]:
        """The placeholders in it."""
        return frozenset(part.name for part in self.parts)


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
        if name not in PLACEHOLDERS:
            raise _unknown(name)
    if any("{" in words or "}" in words for words in (*leads, tail)):
        message = "has a stray { or }; braces stand only around a name, as in {practice}; take the others out"
        raise InvalidInputError.of("text", "stray_brace", message)
    parts = tuple(
        Part(lead=lead, lead_if_empty=_up_to_last_stop(lead), name=name)
        for lead, name in zip(leads, names, strict=True)
    )
    return Template(parts=parts, tail=tail)


def fill(template: Template, values: Mapping[str, str]) -> str:
    """
    Return the text with its values in place.

    >>> template = parsed("{practice}: {time}, {place}. Call {phone}. Bye")
    >>> fill(template, {"practice": "Elm", "time": "9 a.m.", "place": "", "phone": ""})
    'Elm: 9 a.m. Bye'
    """
    out: list[str] = []
    last = ""
    for part in template.parts:
        value = values[part.name]
        words = _joint(last, part.lead if value else part.lead_if_empty)
        out += (words, value)
        last = value or words or last
    out.append(_joint(last, template.tail))
    return "".join(out)


def _joint(before: str, words: str) -> str:
    """Return words to be added; a full stop after one, as after ``9 a.m.``, is not written twice."""
    return words[1:] if before.endswith(".") and words.startswith(".") else words


def _up_to_last_stop(words: str) -> str:
    return words[: max(0, *(words.rfind(stop) for stop in _STOPS))]


def _unknown(name: str) -> InvalidInputError:
    named = f" {{{name}}}" if _PLAIN_NAME.fullmatch(name) else ""
    allowed = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
    message = f"has a placeholder{named} that does not exist; use {allowed}"
    return InvalidInputError.of("text", "unknown_placeholder", message)
