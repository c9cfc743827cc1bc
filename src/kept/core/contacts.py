"""
Phone numbers and e-mail addresses: read once, at the door, into the one form that is stored and sent.

Nothing here looks anything up on the network: a number or an address that passes can be written to, and need
not exist.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NewType

from kept.core.errors import InvalidInputError

if TYPE_CHECKING:
    import phonenumbers

PhoneNumber = NewType("PhoneNumber", str)
"""E.164: a plus sign, then 7 to 15 ASCII digits."""

EmailAddress = NewType("EmailAddress", str)
"""ASCII throughout; the part before the @ as it was given, the domain in lower case and IDNA form."""

LONGEST_PHONE_INPUT = 64  # characters; 15 digits with every kind of punctuation take far fewer
LONGEST_EMAIL = 254  # characters; RFC 5321 §4.5.3.1.3, 256 less the angle brackets

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NORTH_AMERICA = 1  # country calling code
_AREA_CODE_STARTS = frozenset("23456789")  # North American Numbering Plan: NXX, where N is 2 to 9
_TEL = re.compile(r"^tel:", re.IGNORECASE)
_TEL_PARAMETERS = re.compile(r"(?:;(?:ext|isub|phone-context)=[+0-9A-Za-z.\-]+)*")
_FULL_WIDTH = str.maketrans("\uff0b\uff08\uff09", "+()")  # what a Chinese or Japanese keyboard writes
_PHONE_PUNCTUATION = frozenset("+./~")
_PHONE_CATEGORIES = frozenset({"Nd", "Zs", "Pd", "Ps", "Pe"})  # digits, spaces, dashes, brackets of any script

_QUOTED_LOCAL = re.compile(r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"@[^@\s]+')
_DOMAIN_LITERAL = re.compile(r"[^@\s]+@\[[0-9A-Za-z:.\-]+\]")
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)  # a line break once more, if a link decodes it

_PHONE_REMEDY = "is not a phone number; give it in international form, such as +12065550100"
_EMAIL_REMEDY = "is not an e-mail address; give one address and nothing else, such as ann@example.com"


def parse_phone(raw: str, *, region: str | None, field: str = "phone") -> PhoneNumber:
    """
    Return the phone number in E.164.

    What the numbering plan calls possible is taken, because plans grow faster than their metadata; whether it
    is in use is for ``is_valid_number``, to warn.

    Args:
        raw: As a person or a system wrote it, in any script's digits, with punctuation; a ``tel:`` URI too.
        region: Country for numbers without one, ISO 3166 alpha-2; None refuses those.
        field: What to name in the error.

    Raises:
        InvalidInputError: ``not_a_phone_number``; ``not_supported`` for a number with an extension, which no
            text message reaches.

    >>> parse_phone("(206) 555-0100", region="US")
    '+12065550100'

    Source:
        ITU-T E.164 §6 (at most 15 digits); RFC 3966 (``tel:``). Possible against valid: FAQ of libphonenumber.
    """
    library = _library()
    text = _plain(raw) if len(raw) <= LONGEST_PHONE_INPUT else ""
    try:
        number = library.parse(text, region.upper() if region else None)
    except library.NumberParseException:
        raise InvalidInputError.of(field, "not_a_phone_number", _PHONE_REMEDY) from None
    if number.extension:
        message = "has an extension, which text messages cannot reach; give the number without it"
        raise InvalidInputError.of(field, "not_supported", message)
    formatted = library.format_number(number, library.PhoneNumberFormat.E164)
    if not (_is_written_as_a_number(text, number) and _is_dialled(number) and _E164.fullmatch(formatted)):
        raise InvalidInputError.of(field, "not_a_phone_number", _PHONE_REMEDY)
    return PhoneNumber(formatted)


def region_of(phone: PhoneNumber) -> str | None:
    """
    Return the region that the number belongs to: ISO 3166 alpha-2, ``001`` for the world's, None where unknown.

    >>> region_of(PhoneNumber("+12423591234"))
    'BS'
    """
    region: str | None = _library().region_code_for_number(_library().parse(phone))
    return region


def calling_region(phone: PhoneNumber) -> str:
    """
    Return the main country of a number's calling code, for ranges that today's metadata does not know.

    >>> calling_region(PhoneNumber("+447700900123")), calling_region(PhoneNumber("+80012345678"))
    ('GB', '001')
    """
    return str(_library().region_code_for_country_code(_library().parse(phone).country_code or 0))


@lru_cache(maxsize=4096)
def zones_of_number(phone: PhoneNumber) -> tuple[str, ...]:
    """
    Return the IANA zones in which a number may be at home; empty where nothing is known.

    >>> zones_of_number(PhoneNumber("+18085550100")), zones_of_number(PhoneNumber("+447700900123"))
    (('Pacific/Honolulu',), ())
    """
    from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number  # noqa: PLC0415 as below

    zones = time_zones_for_number(_library().parse(phone))
    return tuple(name for name in zones if name != UNKNOWN_TIMEZONE)


def is_valid_number(phone: PhoneNumber) -> bool:
    """Return whether today's metadata knows the range as assigned; a reason to warn, never to refuse."""
    return bool(_library().is_valid_number(_library().parse(phone)))


def _library() -> Any:  # noqa: ANN401 a module
    """Return the library of all numbering plans."""
    import phonenumbers  # noqa: PLC0415 slow to load, and most of what a function does needs no plan

    return phonenumbers


def parse_email(raw: str, *, field: str = "email") -> EmailAddress:
    """
    Return the e-mail address in the form that is stored and sent.

    Nothing is trimmed: a space or a line break at an end is a sign of a broken source, and a line break inside
    an address is how a mail header is forged.

    Args:
        raw: One address, without a name or angle brackets.
        field: What to name in the error.

    Raises:
        InvalidInputError: ``not_an_email``; ``not_supported`` for what is an address, but one that mail servers
            refuse: a quoted part before the @ or one beyond ASCII, an IP address in brackets.

    >>> parse_email("Ann.Lee@Example.COM")
    'Ann.Lee@example.com'

    Source:
        RFC 5321 §4.1.2 and §4.5.3.1; RFC 5891 for domains; RFC 6531 (not supported); RFC 6761 (special-use
        domains are refused, apart from ``.test``).
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 slow to load, seldom needed

    if len(raw) > LONGEST_EMAIL or _ENCODED_CONTROL.search(raw):
        raise InvalidInputError.of(field, "not_an_email", _EMAIL_REMEDY)
    if _QUOTED_LOCAL.fullmatch(raw) or _DOMAIN_LITERAL.fullmatch(raw):
        message = "has quotes or a bracketed IP address, which many mail servers refuse; give a plain address"
        raise InvalidInputError.of(field, "not_supported", message)
    try:
        # test_environment: admits .test, which RFC 6761 keeps for trying things out
        parts = validate_email(raw, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError:
        raise InvalidInputError.of(field, "not_an_email", _EMAIL_REMEDY) from None
    if not parts.local_part.isascii():
        message = "has letters beyond ASCII before the @, which many mail servers refuse; give another address"
        raise InvalidInputError.of(field, "not_supported", message)
    return EmailAddress(f"{parts.local_part}@{parts.ascii_domain}")


def _plain(raw: str) -> str:
    """
    Return the text without invisible format characters (contacts are often copied with them) and outer spaces.

    Source:
        RFC 3986 §3.1: a scheme may be written in capitals.
    """
    visible = (c for c in raw if unicodedata.category(c) != "Cf")
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in visible).strip(" ")
    return _TEL.sub("tel:", text.translate(_FULL_WIDTH))


def _is_written_as_a_number(text: str, number: phonenumbers.PhoneNumber) -> bool:
    """Return whether nothing but the number is there; the library itself skips words before and after it."""
    body, semicolon, parameters = text.removeprefix("tel:").partition(";")
    if not _TEL_PARAMETERS.fullmatch(semicolon + parameters) or "+" in body[1:]:
        return False
    letters = [c for c in body if c.isascii() and c.isalpha()]
    if letters and not (number.country_code == _NORTH_AMERICA and _library().is_alpha_number(body)):
        return False  # vanity numbers, 1-800-FLOWERS, are a custom of North America
    return all(c in _PHONE_PUNCTUATION or c in letters or unicodedata.category(c) in _PHONE_CATEGORIES for c in body)


def _is_dialled(number: phonenumbers.PhoneNumber) -> bool:
    """Return whether it can be dialled from abroad: possible, in full, and not with a North American 0 or 1."""
    library = _library()
    if library.is_possible_number_with_reason(number) != library.ValidationResult.IS_POSSIBLE:
        return False
    national = library.national_significant_number(number)
    if number.country_code == _NORTH_AMERICA:
        return national[0] in _AREA_CODE_STARTS
    return bool(number.national_number)  # all zeros is what people type into a field they want to leave empty
