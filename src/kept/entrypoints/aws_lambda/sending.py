"""
Hand over what is due: claim, send, record, as the worker does, for the ids of one call and within its time.

The same code drives it: what stands before a channel, what is put on record and in which order are the worker's. Killed
at any point it leaves at most a lease, whose outcome counts as unknown when it ends.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
import structlog

from kept.core.notifications import Notification
from kept.core.people import ChannelName
from kept.entrypoints.aws_lambda.invocation import Invocation
from kept.entrypoints.worker.events import Events
from kept.entrypoints.worker.gates import Gates
from kept.entrypoints.worker.handing_over import carriers_of
from kept.entrypoints.worker.in_flight import Gear, InFlight
from kept.flow.watch import note_departure

MOST_AT_ONCE: Final = 20
"""Notifications that one call works on side by side; what is claimed and waits could be overtaken by a cancel. Ours."""
TO_RECORD_S: Final = 10.0
"""Time kept back for putting outcomes on record when the store is slow. Ours."""
LAST_S: Final = 2.0
"""With so little left the call ends by itself, whatever is still open; better than being killed."""
LOOK_S: Final = 0.5
DEPARTURES_EVERY: Final = timedelta(minutes=1)

log = structlog.get_logger("kept.lambda")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What one call did."""

    seen: Mapping[str, Notification]
    """The newest that is known of each one that was looked at."""
    left: tuple[str, ...]
    """Not begun, because the time or the store did not allow it."""


class Sender:
    """
    Sees notifications through, as far as they go at once; one in each process, for it learns how providers do.

    Args:
        gear: What it works with.
        rates: Messages a second, for channels that have a limit; this sender's share.
    """

    def __init__(self, gear: Gear, rates: Mapping[ChannelName, float]) -> None:
        self._gear = gear
        self._events = Events()
        gates = Gates(carriers_of(gear.channels), rates, room=MOST_AT_ONCE, meter=gear.meter)
        self._flight = InFlight(gear, self._events, gates, on_left=self._note)
        self._seen: dict[str, Notification] = {}
        self._unseen: list[str] = []
        self._noted_at: datetime | None = None
        self.needed_s = TO_RECORD_S + max((channel.timeout_s for channel in gear.channels.values()), default=0.0)
        """Time that one notification may need; nothing is claimed with less."""

    def send(self, ids: Iterable[str], invocation: Invocation) -> Sent:
        """Work on what is due of these; what is not due, or done, costs a look."""
        self._flight.is_ending, self._flight.refusal = False, None
        self._flight.fruitless.clear()
        self._flight.early.clear()
        self._seen, self._unseen = {}, []
        busy = self._flight.busy()
        waiting = deque(i for i in dict.fromkeys(ids) if i not in busy)
        while waiting or self._flight:
            may_begin = invocation.left_s() > self.needed_s and not self._is_refused()
            self._flight.is_ending = not may_begin
            while may_begin and waiting and len(self._flight) < MOST_AT_ONCE:
                self._flight.start(waiting.popleft())
            if not self._flight and not may_begin:
                break
            if invocation.left_s() < LAST_S:
                log.warning("left_in_flight", count=len(self._flight))
                break
            self._events.wait(LOOK_S if self._flight else 0.0)
        self._note_departure()
        refused = self._unseen if self._is_refused() else ()
        return Sent(seen=self._seen, left=(*refused, *waiting))

    def _is_refused(self) -> bool:
        """Tell whether the store refuses to work at all."""
        return self._flight.refusal is not None

    def _note(self, notification_id: str, latest: Notification | None) -> None:
        if latest is None:
            self._unseen.append(notification_id)
        else:
            self._seen[notification_id] = latest

    def _note_departure(self) -> None:
        """Note with the heartbeat that a message has left, so that a silence is seen; once a minute is enough."""
        at = self._flight.left_at
        if at is None or (self._noted_at is not None and at < self._noted_at + DEPARTURES_EVERY):
            return
        self._noted_at = at
        error = self._gear.store.submit(partial(note_departure, at=at)).exception()
        if error is not None:
            log.warning("departure_not_noted", error=type(error).__name__)
