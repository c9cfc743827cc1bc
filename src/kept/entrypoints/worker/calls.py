"""
Apply what providers said: read each kept call again, and put what it says on record.

It happens in one of the sending threads, one batch at a time, because reading may ask elsewhere and the store is waited
for. Whatever breaks off is done again: everything here changes nothing when it is done twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Protocol

import msgspec
import structlog

from kept.core.conversation import Reply, reply_key
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import Notification
from kept.core.receipts import KNOWN_KEPT_FOR, DeliveryReceipt, IncomingReply, ReceivedCall
from kept.core.reports import Metric
from kept.entrypoints.worker.counting import EndCounter
from kept.entrypoints.worker.in_flight import Gear
from kept.entrypoints.worker.setting_aside import SetAside
from kept.entrypoints.worker.steps import Turn, hearing
from kept.flow.receipts import PAGE, calls_to_apply, mark_applied
from kept.ports.meter import Meter
from kept.ports.store import Store, Transaction
from kept.ports.webhook import WebhookReader, WebhookRequest

log = structlog.get_logger("kept.worker")


class ReplyStep(Protocol):
    """Makes the step that puts on record what a person answered; it changes nothing when it is done twice."""

    def __call__(self, store: Store, reply: IncomingReply, *, now: datetime) -> Callable[[Transaction], Reply]:
        """Look up what the reply may be about, and return the step."""


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What a call has changed."""

    replies: tuple[Reply, ...]
    """Those that were not on record."""
    ended: tuple[Notification, ...]
    """Notifications that have ended with it."""

    def count(self, meter: Meter, ends: EndCounter) -> None:
        """Count it."""
        for reply in self.replies:
            meter.count(Metric.REPLIES, channel=reply.channel.value, intent=reply.intent)
        for notification in self.ended:
            ends.ended(notification)


class CallReaders:
    """
    Who reads the calls, and what is done with replies.

    Args:
        readers: By provider.
        on_reply: Makes the steps for replies; None: they are kept with their call and go no further.
    """

    def __init__(self, readers: Mapping[str, WebhookReader], *, on_reply: ReplyStep | None = None) -> None:
        self._readers = dict(readers)
        self._on_reply = on_reply

    def __bool__(self) -> bool:
        return bool(self._readers)

    def apply(self, store: Store, call: ReceivedCall, *, now: datetime) -> Applied:
        """
        Put on record what a call says, in its order; return what that has changed.

        Raises:
            Exception: the call cannot be read or applied, or not now.
        """
        reader = self._readers.get(call.provider)
        if reader is None:
            raise LookupError("nobody reads this provider's calls any more")
        body = call.body.encode(call.charset)
        request = WebhookRequest(url=call.url, headers=call.headers, body=body, received_at=call.received_at)
        replies: list[Reply] = []
        turns: list[Turn] = []
        for event in reader.read(request):
            if isinstance(event, DeliveryReceipt):
                turns.append(store.submit(hearing(event, now=now)).result())
            elif self._on_reply:
                replies += store.submit(_new_reply(event, self._on_reply(store, event, now=now))).result()
        seen = (turn.claimed.notification for turn in turns if turn.ended)
        return Applied(
            replies=tuple(replies),
            ended=tuple(notification for notification in seen if notification),
        )


def _new_reply(event: IncomingReply, step: Callable[[Transaction], Reply]) -> Callable[[Transaction], list[Reply]]:
    """Return the step that applies a reply and answers it, or nothing when it was on record already."""

    def stepped(tx: Transaction) -> list[Reply]:
        is_known = tx.get(Reply, reply_key(event.provider, event.id)) is not None
        reply = step(tx)
        return [] if is_known else [reply]

    return stepped


class Calls:
    """
    Applies kept calls, a batch at a time.

    Args:
        gear: What the worker works with.
        readers: Who reads them.
        on_applied: Called after a batch: something may be due now.
    """

    def __init__(self, gear: Gear, readers: CallReaders, *, on_applied: Callable[[], None]) -> None:
        self._store = gear.store
        self._clock = gear.clock
        self._meter = gear.meter
        self._ends = gear.ends
        self._pool = gear.pool
        self._readers = readers
        self._on_applied = on_applied
        self._aside = SetAside(what="call_id")
        self._is_running = False

    def begin(self) -> None:
        """Begin to apply what is there in the pool, unless that goes on already."""
        if self._is_running or not self._readers:
            return
        self._is_running = True
        self._pool.submit(self._apply_batch).add_done_callback(self._ended)

    def apply_all(self) -> None:
        """
        Apply what is there, here and now.

        Raises:
            StorageUnavailableError: the store refuses.
        """
        while self._readers and self._apply_batch():
            pass

    def _ended(self, future: Future[int]) -> None:
        self._is_running = False
        error = None if future.cancelled() else future.exception()
        if isinstance(error, StorageUnavailableError):
            log.warning("calls_wait", remedy="the store refuses; they are applied when it takes commits again")
        elif error is not None:
            self._meter.count(Metric.DISPATCH_ERRORS, doing="applying_calls")
            log.error("calls_not_applied", exc_info=error)
        elif not future.cancelled() and future.result():
            self._on_applied()

    def _apply_batch(self) -> int:
        """Apply one batch, oldest first; return how many calls were applied."""
        ids = calls_to_apply(self._store, skip=self._aside.ids(self._clock.now()), limit=PAGE)
        return sum(self._applied(call) for call in self._store.load(ReceivedCall, ids))

    def _applied(self, call: ReceivedCall) -> bool:
        """
        Apply one call, and tell whether that went well; if not, it is set aside and stops none of the others.

        Raises:
            StorageUnavailableError: the store refuses, which is no fault of the call.
        """
        now = self._clock.now()
        try:
            applied = self._readers.apply(self._store, call, now=now)
        except StorageUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it was, the next call must still be applied
            return self._not_applied(call, error, now=now)
        applied.count(self._meter, self._ends)
        self._store.submit(partial(mark_applied, call_id=call.id, now=now)).result()
        self._aside.forget(call.id)
        return True

    def _not_applied(self, call: ReceivedCall, error: Exception, *, now: datetime) -> bool:
        """Set a call aside for a while, or for good when nothing that it says can matter any more."""
        self._meter.count(Metric.DISPATCH_ERRORS, doing="applying_calls")
        is_over = now > call.received_at + KNOWN_KEPT_FOR
        if call.id not in self._aside or is_over:
            log.error("call_not_applied", call_id=call.id, error=type(error).__name__, given_up=is_over)
        if is_over:
            self._store.submit(partial(mark_applied, call_id=call.id, now=now)).result()
            self._aside.forget(call.id)
        else:
            self._aside.note(call.id, now=now)
        return False
