"""
The functions on AWS; each is a handler of its name.

What a function needs is imported and built in its first call, or before a snapshot is taken, and kept for later ones.
Figures are written into the log at the end of each call.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kept.entrypoints.aws_lambda.invocation import Answer, Context, Event, Invocation
    from kept.main.aws_parts import CloudParts


_SENDING: Final = ("kept.main.aws_store", "kept.main.channels", "kept.entrypoints.aws_lambda.sending")
_NEEDS: Final = {
    "api": ("kept.main.aws_store", "kept.main.aws_application", "kept.entrypoints.aws_lambda.proxy"),
    "reminder": (*_SENDING, "kept.entrypoints.aws_lambda.reminders"),
    "batch": (*_SENDING, "kept.entrypoints.aws_lambda.batches"),
    "batch_send": (*_SENDING, "kept.entrypoints.aws_lambda.batches"),
}
"""What the functions for which somebody waits import before a snapshot."""


def api(event: Event, context: Context) -> Answer:
    """Answer a request over HTTP."""
    return _run(lambda parts, _: parts.gateway.answer(event), context)


def sweep(_event: Event, context: Context) -> Answer:
    """Queue what is due, and keep house."""
    return _run(lambda parts, invocation: parts.sweep.run(invocation), context)


def balance(_event: Event, context: Context) -> Answer:
    """Check by night whether everything is accounted for."""
    return _run(lambda parts, invocation: parts.balancing.run(invocation), context)


def reminder(event: Event, context: Context) -> Answer:
    """Hand over what the queue of reminders names."""
    return _run(lambda parts, invocation: parts.reminders.run(event, invocation), context)


def request(event: Event, context: Context) -> Answer:
    """Book, move or cancel what the queue of requests asks for."""
    return _run(lambda parts, invocation: parts.requests.run(event, invocation), context)


def confirmation(event: Event, context: Context) -> Answer:
    """Confirm what the queue of confirmations names."""
    return _run(lambda parts, invocation: parts.requests.confirm(event, invocation), context)


def query(event: Event, context: Context) -> Answer:
    """Answer a question about appointments."""
    return _run(lambda parts, _: parts.queries.run(event), context)


def receipts(event: Event, context: Context) -> Answer:
    """Apply what providers say of messages."""
    return _run(lambda parts, invocation: parts.returns.run(event, invocation), context)


def replies(event: Event, context: Context) -> Answer:
    """Apply what people answer."""
    return _run(lambda parts, invocation: parts.returns.run(event, invocation), context)


def batch(event: Event, context: Context) -> Answer:
    """Plan, send and sum up a batch."""
    return _run(lambda parts, invocation: parts.batches.run(event, invocation), context)


def batch_start(event: Event, context: Context) -> Answer:
    """Plan a batch and hand its items out."""
    return _run(lambda parts, invocation: parts.batches.start(event, invocation), context)


def batch_send(event: Event, context: Context) -> Answer:
    """See one item of a batch through, and tell how it ended on a channel."""
    return _run(lambda parts, invocation: parts.batches.send(event, invocation), context)


def batch_finish(event: Event, context: Context) -> Answer:
    """Sum a batch up."""
    return _run(lambda parts, _: parts.batches.finish(event), context)


@cache
def parts_of_process() -> CloudParts:
    """Return the parts, built once."""
    from kept.main.aws_parts import open_cloud_parts

    return open_cloud_parts()


def _run(call: Callable[[CloudParts, Invocation], Answer], context: Context) -> Answer:
    """Make one call under an id of its own in the log, and write its figures whatever becomes of it."""
    import structlog

    from kept.entrypoints.aws_lambda.invocation import invocation_of

    parts = parts_of_process()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation_id=context.aws_request_id)
    try:
        return call(parts, invocation_of(context))
    finally:
        parts.meter.flush()


def _preload(handler: str) -> None:
    """
    Import what a function needs, before a snapshot is taken of the process.

    Nothing is built: what was drawn by chance before a snapshot would be the same in every process that comes of it.
    """
    import importlib

    for module in ("kept.main.aws_parts", *_NEEDS.get(handler.rpartition(".")[2], ())):
        importlib.import_module(module)


if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    _preload(os.environ.get("_HANDLER", ""))
