"""
Our ids in the form that SES's tags may have, and back.

A tag holds letters, digits, underscores and dashes; our ids have dots too.
"""

from __future__ import annotations

import re
from typing import Final

ATTEMPT: Final = "kept-attempt"
DEDUPE_KEY: Final = "kept-dedupe"
"""Names of our tags, which come back with every event."""

_LONGEST: Final = 256  # the model of MessageTag
_OTHER: Final = re.compile(r"[^A-Za-z0-9_]")
_WRITTEN: Final = re.compile(r"-([0-9A-F]{2})")


def tag_of(text: str) -> str:
    """
    Return the text as a tag, or nothing when it cannot be one.

    >>> tag_of("ntf_1.email.2")
    'ntf_1-2Eemail-2E2'
    """
    if not text.isascii():
        return ""
    tag = _OTHER.sub(lambda found: f"-{ord(found.group()):02X}", text)
    return tag if len(tag) <= _LONGEST else ""


def text_of(tag: str) -> str:
    """
    Return what a tag was made from.

    >>> text_of("ntf_1-2Eemail-2E2")
    'ntf_1.email.2'
    """
    return _WRITTEN.sub(lambda found: chr(int(found.group(1), 16)), tag)
