"""
Messages of a queue, handled one by one: who fails comes again, and holds none of the others up.

Every message may come twice, in any order; whoever handles one must be able to do it again.

Source:
    AWS Lambda Developer Guide, "Reporting batch item failures".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import structlog

from kept.entrypoints.aws_lambda.invocation import Answer, Event, Invocation, fields_of, text_in

LEAST_S: Final = 5.0
"""Nothing is begun with less time left. Ours."""

_CORRELATION: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger("kept.lambda")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One message."""

    id: str
    """The queue's; the same each time it is delivered."""
    body: str
    correlation_id: str
    """What the sender calls the whole matter, else the message's id."""


def letters_of(event: Event) -> tuple[Letter, ...]:
    """Return the messages of an event; none when it comes from no queue."""
    records = fields_of(event).get("Records")
    return tuple(_letter(record) for record in records) if isinstance(records, list) else ()


def handled(
    letters: Iterable[Letter], handle: Callable[[Letter], None], invocation: Invocation, *, least_s: float = LEAST_S
) -> Answer:
    """
    Handle each message, and name those that are to come again.

    Args:
        letters: The messages.
        handle: Handles one; whatever it raises makes the message come again, until the queue puts it aside.
        invocation: The call; what there is no time for comes again too.
        least_s: Time that one needs.
    """
    failed = []
    for letter in letters:
        structlog.contextvars.bind_contextvars(correlation_id=letter.correlation_id)
        if invocation.left_s() < least_s or not _is_done(letter, handle):
            failed.append(letter.id)
    return failures(failed)


def failures(ids: Iterable[str]) -> Answer:
    """
    Return the answer that names the messages that are to come again.

    >>> failures(["m-1"])
    {'batchItemFailures': [{'itemIdentifier': 'm-1'}]}
    """
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in ids]}


def _is_done(letter: Letter, handle: Callable[[Letter], None]) -> bool:
    try:
        handle(letter)
    except Exception:
        log.exception("message_failed")
        return False
    return True


def _letter(record: object) -> Letter:
    message_id = text_in(record, "messageId")
    attributes = fields_of(fields_of(record).get("messageAttributes"))
    given = text_in(attributes.get("correlationId"), "stringValue")
    is_good = bool(_CORRELATION.fullmatch(given))
    return Letter(id=message_id, body=text_in(record, "body"), correlation_id=given if is_good else message_id)
