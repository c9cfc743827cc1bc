"""From which number texts go, with which events, and at most for how much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError

_ORIGINATION: Final = re.compile(r"[A-Za-z0-9_:/+-]{1,256}")
_CONFIGURATION_SET: Final = re.compile(r"[A-Za-z0-9_:/-]{0,256}")
_DEAREST: Final = 100


class EndUserMessagingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    The settings. Wrong ones raise InvalidInputError, all problems at once.

    Source:
        The model of SendTextMessage, for what each may look like.
    """

    origination: str
    """Number, sender id, pool or their ARN. Named always: left out, AWS picks one, and answers go who knows where."""
    configuration_set: str = ""
    """Whose event destination says what became of a text; empty: nobody says it."""
    max_price: Decimal | None = None
    """Most that one part may cost, in US dollars."""
    has_replies: bool = False
    """Whether answers to the number come back to us, by a topic."""

    def __post_init__(self) -> None:
        """Check the values."""
        problems = tuple(_problems(self))
        if problems:
            raise InvalidInputError(*problems)


def _problems(settings: EndUserMessagingSettings) -> Iterator[FieldProblem]:
    if not _ORIGINATION.fullmatch(settings.origination):
        yield _problem("origination", "must be a number such as +12065550100, a sender id, a pool's id, or an ARN")
    if not _CONFIGURATION_SET.fullmatch(settings.configuration_set):
        yield _problem("configuration_set", "must be the name or ARN of a configuration set")
    if settings.max_price is not None and not Decimal("0.00001") <= settings.max_price < _DEAREST:
        yield _problem("max_price", "must be US dollars from 0.00001 to 99.99999, such as 0.20")


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)
