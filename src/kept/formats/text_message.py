"""A message as a text message: what every provider of texts takes."""

from __future__ import annotations

import re
from typing import Final

from kept.core.people import ChannelName
from kept.ports.channel import OutgoingMessage

MAX_CHARACTERS: Final = 1_600
"""Longest text that the providers take, about ten parts; ours are one or two."""

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def is_text_message(message: OutgoingMessage) -> bool:
    """
    Return whether a message can be handed over as a text: one E.164 number, and text that is there and can be encoded.

    Source:
        ITU-T E.164 §6 (at most 15 digits).
    """
    if message.channel is not ChannelName.SMS or not _E164.fullmatch(message.to):
        return False
    try:
        message.text.encode()
    except UnicodeEncodeError:
        return False
    return bool(message.text.strip()) and len(message.text) <= MAX_CHARACTERS
