"""
How large a text message is on the air: its encoding, its units and its segments.

Source:
    3GPP TS 23.038 (GSM 03.38) §6.2.1 for the alphabets; 3GPP TS 23.040 §9.2.3.24.1 for the six bytes that each
    part of a longer message gives up.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)  # 127 characters; the 128th code, 0x1B, is the escape to the extension table
_EXTENSION = frozenset("\f^{}\\[~]|€")  # two septets each: the escape, then the character
_GSM = _BASIC | _EXTENSION
_LAST_BMP = 0xFFFF  # characters above take a surrogate pair


class Encoding(StrEnum):
    """How the characters travel; decided by the whole message."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


class SmsSize(msgspec.Struct, frozen=True, kw_only=True):
    """What one message costs on the air."""

    encoding: Encoding
    units: int
    """Septets in GSM-7, 16-bit code units in UCS-2; without the headers of a longer message."""
    segments: int
    """Parts that a carrier bills; 0 for the empty text."""


class _Room(msgspec.Struct, frozen=True, kw_only=True):
    alone: int
    in_part: int


_ROOM = {
    Encoding.GSM_7: _Room(alone=160, in_part=153),
    Encoding.UCS_2: _Room(alone=70, in_part=67),
}


def size_of(text: str) -> SmsSize:
    """
    Return the encoding, units and segments of a message.

    >>> size_of("See you at 10:00")
    SmsSize(encoding=<Encoding.GSM_7: 'GSM-7'>, units=16, segments=1)
    >>> size_of("Até amanhã").encoding
    <Encoding.UCS_2: 'UCS-2'>
    """
    encoding = encoding_of(text)
    units = _units_of(text, encoding)
    alone = 1 if text else 0
    segments = alone if units <= _ROOM[encoding].alone else len(segments_of(text))
    return SmsSize(encoding=encoding, units=units, segments=segments)


def encoding_of(text: str) -> Encoding:
    """Return GSM-7 when every character is in its alphabet or extension table, else UCS-2."""
    return Encoding.GSM_7 if _GSM.issuperset(text) else Encoding.UCS_2


def non_gsm_characters(text: str) -> tuple[str, ...]:
    """
    Return the characters that force UCS-2, each once, in order of appearance.

    >>> non_gsm_characters("“Ça va” — ça va")
    ('“', '”', '—', 'ç')
    """
    return tuple(dict.fromkeys(c for c in text if c not in _GSM))


def segments_of(text: str) -> tuple[str, ...]:
    """
    Return the text as a carrier cuts it; joined, the parts are the text. No text gives no part.

    An extension character and a character outside the basic plane take two units, and both stay in one part.
    """
    encoding = encoding_of(text)
    room = _ROOM[encoding]
    units = _units_of(text, encoding)
    if units <= room.alone:
        return (text,) if text else ()
    if units == len(text):
        return tuple(text[first : first + room.in_part] for first in range(0, units, room.in_part))
    return tuple(_parts(text, encoding, room.in_part))


def _parts(text: str, encoding: Encoding, room: int) -> Iterator[str]:
    start, used = 0, 0
    for position, character in enumerate(text):
        units = _units(character, encoding)
        if used + units > room:
            yield text[start:position]
            start, used = position, 0
        used += units
    yield text[start:]


def _units_of(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7 and _BASIC.issuperset(text):
        return len(text)  # nearly every message; each is measured twice on its way out
    if encoding is Encoding.UCS_2:
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return sum(_units(character, encoding) for character in text)


def _units(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return 2 if character in _EXTENSION else 1
    return 2 if ord(character) > _LAST_BMP else 1
