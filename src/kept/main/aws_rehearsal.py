"""
The functions' handlers with the clock put forward, for a rehearsal on an emulator; never part of a deployment.

How far it is ahead stands in a file that only the emulator's functions can see.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kept.adapters.clock import ShiftedClock
from kept.main import aws_lambda

if TYPE_CHECKING:
    from collections.abc import Callable

    from kept.entrypoints.aws_lambda.invocation import Answer, Context, Event

CLOCK_FILE: Final = "REHEARSAL_CLOCK"
"""Variable with the file that says by how many seconds the clock is ahead."""


def _ahead() -> timedelta:
    path = Path(os.environ[CLOCK_FILE])
    return timedelta(seconds=float(path.read_text(encoding="ascii") or 0))


def _shifted(handler: Callable[[Event, Context], Answer]) -> Callable[[Event, Context], Answer]:
    @wraps(handler)
    def shifted(event: Event, context: Context) -> Answer:
        parts = aws_lambda.parts_of_process()
        if not isinstance(parts.clock, ShiftedClock):
            parts.clock = ShiftedClock(_ahead)
        return handler(event, context)

    return shifted


api = _shifted(aws_lambda.api)
sweep = _shifted(aws_lambda.sweep)
balance = _shifted(aws_lambda.balance)
reminder = _shifted(aws_lambda.reminder)
request = _shifted(aws_lambda.request)
confirmation = _shifted(aws_lambda.confirmation)
query = _shifted(aws_lambda.query)
receipts = _shifted(aws_lambda.receipts)
replies = _shifted(aws_lambda.replies)
batch = _shifted(aws_lambda.batch)
batch_start = _shifted(aws_lambda.batch_start)
batch_send = _shifted(aws_lambda.batch_send)
batch_finish = _shifted(aws_lambda.batch_finish)
