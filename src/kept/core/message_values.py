"""
Values on their way into a message: one line each, no control characters, and no longer than there is room for.

Source:
    RFC 5322 §2.2 (a header is one line); Unicode TR 36 §2.6 (marks that turn the direction of text mislead readers).
"""

import re
from functools import lru_cache
from typing import Final

from kept.core.people import ChannelName
from kept.core.practice import SMS_NAME_LIMIT
from kept.core.texts import GSM_LOOKALIKES

SMS_PHONE_LIMIT: Final = 20
"""Longest call-back number in a text message: 15 digits, a plus sign and four separators."""
FIRST_NAME_LIMIT: Final = 20
WORDS_LIMIT: Final = 500
"""Longest text of a notice."""
LINK_LIMIT: Final = 500
SUBJECT_LIMIT: Final = 200
_MAIL_LIMIT: Final = 200
_ELLIPSIS: Final = "..."

_BREAKS: Final = re.compile(r"[\s\u0085\u2028\u2029]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LOOKALIKES: Final = str.maketrans(GSM_LOOKALIKES)


def plain(text: str) -> str:
    r"""
    Return a text with what GSM-7 lacks replaced by what looks the same.

    >>> plain("\u201cElm\u201d")
    '"Elm"'
    """
    return text.translate(_LOOKALIKES)


def name_in(channel: ChannelName, value: str) -> str:
    """
    Return the name of a practice or a place, cut where there is no room for all of it.

    >>> name_in(ChannelName.SMS, "Building 4, 1200 West Main Street")
    'Building 4, 1200 West Main...'
    """
    return shortened(line_in(channel, value), SMS_NAME_LIMIT if channel is ChannelName.SMS else _MAIL_LIMIT)


def first_name_in(channel: ChannelName, value: str) -> str:
    """Return a first name; nothing when it is longer than names are."""
    return _whole(line_in(channel, value), FIRST_NAME_LIMIT)


def phone_in(channel: ChannelName, value: str) -> str:
    """Return a number to call; nothing when it is too long, because half a number is another one's."""
    return _whole(line_in(channel, value), SMS_PHONE_LIMIT if channel is ChannelName.SMS else _MAIL_LIMIT)


def link_in(channel: ChannelName, value: str) -> str:
    """
    Return a link to a page; nothing when it is something else, such as a script.

    >>> link_in(ChannelName.EMAIL, "javascript:alert(1)")
    ''
    """
    link = line_in(channel, value)
    is_page = link.startswith(("https://", "http://")) and " " not in link
    return _whole(link, LINK_LIMIT) if is_page else ""


def words_in(channel: ChannelName, value: str) -> str:
    """Return the words of a notice."""
    return shortened(line_in(channel, value), WORDS_LIMIT)


@lru_cache(maxsize=4096)
def line_in(channel: ChannelName, value: str) -> str:
    r"""
    Return a value on one line, without control characters and without marks that turn the direction of text.

    >>> line_in(ChannelName.EMAIL, "Elm\r\nBcc: x")
    'Elm Bcc: x'
    """
    line = _CONTROLS.sub("", _BREAKS.sub(" ", value)).strip()
    return plain(line) if channel is ChannelName.SMS else line


def shortened(value: str, limit: int) -> str:
    """
    Return a value of at most so many characters, with dots where it was cut.

    >>> shortened("Main Street", 8)
    'Main...'
    """
    return value if len(value) <= limit else value[: limit - len(_ELLIPSIS)].rstrip() + _ELLIPSIS


def _whole(value: str, limit: int) -> str:
    return value if len(value) <= limit else ""
