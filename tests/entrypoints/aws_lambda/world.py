"""The functions of AWS on a store in memory: queues are lists, time is moved by hand, and a call may be killed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from random import Random
from typing import Any, cast

from kept.adapters.cloudwatch_logs import EmfMeter
from kept.adapters.sns import QueuedReader
from kept.core.notifications import AttemptState, Notification
from kept.core.people import ChannelName
from kept.entrypoints.aws_lambda.batches import Batches
from kept.entrypoints.aws_lambda.invocation import Answer, Invocation
from kept.entrypoints.aws_lambda.queries import Queries
from kept.entrypoints.aws_lambda.reminders import Reminders
from kept.entrypoints.aws_lambda.requests import Requests
from kept.entrypoints.aws_lambda.returns import Returns
from kept.entrypoints.aws_lambda.sending import Sender
from kept.entrypoints.aws_lambda.sweeping import Sweep
from kept.entrypoints.worker import CallReaders, InlineExecutor
from kept.entrypoints.worker.counting import EndCounter
from kept.entrypoints.worker.in_flight import Gear
from kept.flow.replies import reply_step
from kept.main.channels import read_event
from kept.ports.queue import Note
from kept.ports.store import Store
from tests.entrypoints.worker.world import MAIL, SMS, RecordingChannel, World


class ListQueue:
    """A queue that is a list; it may refuse for a while."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.refuses = False

    def put(self, notes: Sequence[Note]) -> int:
        """Take the notes."""
        if self.refuses:
            return 0
        self.notes.extend(notes)
        return len(notes)

    def taken(self) -> list[str]:
        """Return the bodies, and empty the queue."""
        bodies = [note.body for note in self.notes]
        self.notes.clear()
        return bodies


class CloudWorld(World):
    """A small practice whose functions share a store; every function may run in several processes."""

    def __init__(
        self, sms: RecordingChannel | None = None, mail: RecordingChannel | None = None, *, store: Store | None = None
    ) -> None:
        super().__init__(sms, mail, store=store)
        self.queue = ListQueue()
        self.confirmations = ListQueue()
        self.lines: list[dict[str, Any]] = []
        self.emf = EmfMeter("Kept", "test", clock=self.clock, write=lambda line: self.lines.append(json.loads(line)))
        self.sender = self.new_sender()

    def new_sender(self, rates: dict[ChannelName, float] | None = None) -> Sender:
        """Return the sender of another process."""
        gear = Gear(
            store=self.store,
            channels={SMS: self.sms, MAIL: self.mail},
            clock=self.clock,
            meter=self.emf,
            ends=EndCounter(self.emf),
            pool=InlineExecutor(),
            record_pauses_s=(0.0, 0.0),
        )
        return Sender(gear, rates or {})

    @property
    def reminders(self) -> Reminders:
        return Reminders(self.store, self.sender, clock=self.clock, queue=self.queue)

    @property
    def requests(self) -> Requests:
        return Requests(self.store, clock=self.clock, meter=self.emf, confirmations=self.confirmations)

    @property
    def queries(self) -> Queries:
        return Queries(self.store, clock=self.clock)

    @property
    def batches(self) -> Batches:
        return Batches(self.store, lambda: self.sender, clock=self.clock)

    def new_sweep(self) -> Sweep:
        """Return the sweep of another process."""
        return Sweep(self.store, self.queue, clock=self.clock, meter=self.emf, pool=InlineExecutor())

    def returns(self, *topics: str) -> Returns:
        reader = QueuedReader(read_event, topics=topics)
        calls = CallReaders({reader.provider: reader}, on_reply=reply_step)
        return Returns(self.store, reader, calls, clock=self.clock, meter=self.emf)

    def everything(self) -> tuple[Notification, ...]:
        """Return every notification of the first hundred patients."""
        return tuple(n for number in range(100) for n in self.notifications(number))

    def copies(self) -> dict[str, int]:
        """Return how often each message was handed over."""
        keys = [message.dedupe_key for message in (*self.sms.sent, *self.mail.sent)]
        return {key: keys.count(key) for key in keys}

    def unknowns(self) -> int:
        """Return how many attempts ended without anybody knowing how."""
        return sum(a.state is AttemptState.UNKNOWN for n in self.everything() for a in n.attempts)

    def minutes(self, count: int, work: Callable[[], None]) -> None:
        """Let so many minutes go by, doing the work in each."""
        for _ in range(count):
            work()
            self.clock.advance(timedelta(minutes=1))


def called(left_s: float = 60.0, *, call_id: str = "call-1") -> Invocation:
    """Return a call with so much time left."""
    return Invocation(id=call_id, left_s=lambda: left_s)


def from_queue(*bodies: object, first: int = 1, correlation_id: str = "") -> dict[str, object]:
    """Return the event in which SQS hands messages over."""
    attributes = {"correlationId": {"stringValue": correlation_id, "dataType": "String"}} if correlation_id else {}
    records = [
        {
            "messageId": f"m-{first + number}",
            "body": body if isinstance(body, str) else json.dumps(body),
            "messageAttributes": attributes,
        }
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def doubled(bodies: Iterable[str], random: Random) -> list[str]:
    """Return every message twice, in any order."""
    twice = [body for body in bodies for _ in range(2)]
    random.shuffle(twice)
    return twice


def failed_in(answer: Answer) -> list[str]:
    """Return the messages that are to come again."""
    items = cast("list[dict[str, str]]", answer["batchItemFailures"])
    return [item["itemIdentifier"] for item in items]


def body_in(answer: Answer) -> Any:  # noqa: ANN401 as JSON is
    """Return what a proxy answer says."""
    return json.loads(cast("str", answer["body"]))
