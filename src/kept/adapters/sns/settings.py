"""As whom texts go by SNS, and at most for how much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError

_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
_SENDER_ID: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")
_DEAREST: Final = 100


class SnsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    The settings. Wrong ones raise InvalidInputError, all problems at once.

    Source:
        Amazon SNS Developer Guide, "Sending SMS messages": a sender id has 1 to 11 letters and digits, at least one
        of them a letter.
    """

    origination: str = ""
    """Number or sender id; empty: AWS picks one of the account's."""
    max_price: Decimal | None = None
    """Most that one text may cost, in US dollars."""
    least_time_left: timedelta = timedelta(minutes=10)
    """How long a text must still be of use to be handed over: SNS itself has no time to live."""

    def __post_init__(self) -> None:
        """Check the values."""
        problems = tuple(_problems(self))
        if problems:
            raise InvalidInputError(*problems)

    @property
    def is_number(self) -> bool:
        """Whether the origination is a number rather than a name."""
        return bool(_NUMBER.fullmatch(self.origination))


def _problems(settings: SnsSettings) -> Iterator[FieldProblem]:
    if settings.origination and not (settings.is_number or _SENDER_ID.fullmatch(settings.origination)):
        yield _problem("origination", "must be a number such as +12065550100, or a sender id of at most 11 letters")
    if settings.max_price is not None and not Decimal("0.00001") <= settings.max_price < _DEAREST:
        yield _problem("max_price", "must be US dollars from 0.00001 to 99.99999, such as 0.20")
    if settings.least_time_left < timedelta(0):
        yield _problem("least_time_left", "must be 0 or more")


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)
