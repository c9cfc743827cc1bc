"""What providers said is read and applied beside sending, and nothing that cannot be read stands in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from kept.core.channels import Capabilities
from kept.core.conversation import Reply, kept_reply
from kept.core.errors import OutsideError, StorageUnavailableError
from kept.core.notifications import Outcome
from kept.core.people import ChannelName
from kept.core.receipts import (
    KNOWN_KEPT_FOR,
    UNKNOWN_KEPT_FOR,
    DeliveryReceipt,
    IncomingReply,
    ProviderMessage,
    ReceiptState,
    ReceivedCall,
)
from kept.core.replies import understand
from kept.core.reports import Metric
from kept.entrypoints.worker import CallReaders, Dispatcher, SendingThreads
from kept.flow.receipts import calls_to_apply, keep_call, received
from kept.ports.store import Store, Transaction
from kept.ports.webhook import WebhookRequest
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import MAIL, NOW, SMS, START, RecordingChannel, World

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST_DUE = START - DAY


class WordReader:
    """Reads calls whose body is ``word message``; some words break it."""

    provider = "recording"

    def __init__(self) -> None:
        self.broken: set[str] = {"broken"}
        self.reads = 0

    def verify(self, request: WebhookRequest) -> None:
        """Let everything pass."""

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        self.reads += 1
        word, message = request.body.decode().split()
        if word in self.broken:
            raise OutsideError("not now") if word == "later" else ValueError("canary@example.com")
        if word == "reply":
            return (_reply(request.received_at),)
        return (
            DeliveryReceipt(
                id=word + message,
                provider=self.provider,
                provider_message_id=message,
                state=ReceiptState(word),
                at=request.received_at,
                is_final=word in {"delivered", "failed"},
            ),
        )


def _reply(at: datetime) -> IncomingReply:
    return IncomingReply(
        id="in1", provider="recording", channel=ChannelName.SMS, sender="+1", recipient="+2", text="YES", at=at
    )


def told(world: World, body: str, *, provider: str = "recording") -> ReceivedCall:
    """Keep a call as the door does."""
    request = WebhookRequest(
        url="https://kept.example/x", headers={}, body=body.encode(), received_at=world.clock.now()
    )
    call = received(provider, request, headers={})
    return world.store.submit(partial(keep_call, call=call)).result()


def practice(reader: WordReader | None = None, store: BreakingStore | None = None, **how: Any) -> World:  # noqa: ANN401
    readers = CallReaders({"recording": reader or WordReader()}, **how)
    world = World(sms=RecordingChannel(SMS, can=Capabilities(receipts=True)), readers=readers, store=store)
    world.patient()
    world.visit()
    return world


def errors(logged: list[MutableMapping[str, Any]], event: str) -> int:
    return sum(line["event"] == event for line in logged)


def test_a_delivery_is_applied_and_ends_the_notification() -> None:
    world = practice()
    world.at(FIRST_DUE)

    told(world, "delivered m1")
    world.at(FIRST_DUE + MINUTE)

    assert world.notifications()[0].outcome is Outcome.DELIVERED
    assert calls_to_apply(world.store) == ()


def test_a_call_that_an_index_shows_after_it_was_applied_is_not_read_again() -> None:
    reader, store = WordReader(), BreakingStore()
    world = practice(reader, store)
    world.at(FIRST_DUE)
    store.freeze_index("calls_to_apply")
    told(world, "delivered m1")

    world.at(FIRST_DUE + MINUTE)

    assert calls_to_apply(world.store) != ()
    assert world.notifications()[0].outcome is Outcome.DELIVERED
    assert reader.reads == 1


def test_a_failure_lets_the_mail_leave_in_the_same_round() -> None:
    world = practice()
    world.at(FIRST_DUE)

    told(world, "failed m1")
    world.at(FIRST_DUE)

    assert [m.channel for m in (*world.sms.sent, *world.mail.sent)] == [SMS, MAIL]


@pytest.mark.parametrize("body", ["broken m1", "no-such-state m1", "nonsense"])
def test_a_call_that_cannot_be_read_stops_none_of_the_others(logged: list[MutableMapping[str, Any]], body: str) -> None:
    world = practice()
    world.at(FIRST_DUE)

    told(world, body)
    world.clock.advance(MINUTE)
    told(world, "delivered m1")
    for _ in range(3):
        world.worker.run_due()

    assert world.notifications()[0].outcome is Outcome.DELIVERED
    assert len(calls_to_apply(world.store)) == 1
    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/applying_calls"] == 1
    assert errors(logged, "call_not_applied") == 1
    assert "canary" not in str(logged)


def test_a_call_that_can_be_read_later_is_applied_then() -> None:
    reader = WordReader()
    reader.broken = {"delivered"}
    world = practice(reader)
    world.at(FIRST_DUE)
    told(world, "delivered m1")
    world.at(FIRST_DUE)

    reader.broken = set()
    world.at(FIRST_DUE + MINUTE)

    assert world.notifications()[0].outcome is Outcome.DELIVERED


def test_a_call_that_nobody_can_read_is_given_up_when_it_cannot_matter_any_more() -> None:
    world = practice()
    call = told(world, "delivered m1", provider="gone")

    world.at(NOW)
    waiting = calls_to_apply(world.store)
    world.at(NOW + KNOWN_KEPT_FOR + MINUTE)

    assert (waiting, calls_to_apply(world.store)) == ((call.id,), ())


def test_replies_go_where_main_sends_them_and_nowhere_else() -> None:
    heard: list[IncomingReply] = []

    def on_reply(_store: Store, reply: IncomingReply, *, now: datetime) -> Callable[[Transaction], Reply]:
        heard.append(reply)
        return lambda _tx: kept_reply(reply, understand(reply.text), now=now)

    told_world, silent = practice(on_reply=on_reply), practice()
    for world in (told_world, silent):
        told(world, "reply m1")
        world.at(NOW)

    assert [reply.text for reply in heard] == ["YES"]
    assert told_world.meter.counts[f"{Metric.REPLIES}/sms/confirm"] == 1
    assert silent.meter.counts[f"{Metric.REPLIES}/sms/confirm"] == 0
    assert calls_to_apply(told_world.store) == calls_to_apply(silent.store) == ()


def test_a_store_that_refuses_keeps_calls_for_later() -> None:
    store = BreakingStore()
    world = practice(store=store)
    world.at(FIRST_DUE)
    told(world, "delivered m1")

    store.break_reading("recording/m1", StorageUnavailableError("busy", retry_after_s=1), times=1)
    with pytest.raises(StorageUnavailableError):
        world.at(FIRST_DUE)
    world.at(FIRST_DUE)

    assert world.notifications()[0].outcome is Outcome.DELIVERED


def test_calls_and_messages_are_forgotten_when_their_time_is_over() -> None:
    world = practice()
    world.at(NOW)
    call = told(world, "delivered nobody")
    world.at(NOW)

    world.at(NOW + UNKNOWN_KEPT_FOR + MINUTE)

    assert world.store.load(ReceivedCall, [call.id]) == ()
    assert world.store.load(ProviderMessage, ["recording/nobody"]) == ()


def running(world: World) -> tuple[Dispatcher, threading.Event, threading.Thread]:
    """Start a worker with threads of its own."""
    worker = Dispatcher(
        world.store,
        {SMS: world.sms, MAIL: world.mail},
        clock=world.clock,
        meter=world.meter,
        pool=SendingThreads(2),
        max_in_flight=4,
        readers=world.readers,
    )
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
    thread.start()
    return worker, stop, thread


def until(done: Any) -> bool:  # noqa: ANN401  whatever can be asked
    end = time.monotonic() + 10
    while not done() and time.monotonic() < end:
        threading.Event().wait(0.01)
    return bool(done())


@pytest.mark.parametrize(
    ("error", "event"),
    [(None, ""), (StorageUnavailableError("busy"), "calls_wait"), (ValueError("x"), "calls_not_applied")],
    ids=["well", "store refuses", "our mistake"],
)
def test_a_woken_worker_applies_what_came(
    logged: list[MutableMapping[str, Any]], error: Exception | None, event: str
) -> None:
    store = BreakingStore()
    world = practice(store=store)
    world.at(FIRST_DUE)
    call = told(world, "failed m1")
    if error:
        store.break_reading(call.id, error, times=1)

    worker, stop, thread = running(world)
    worker.wake()
    sent = until(lambda: world.mail.sent)
    stop.set()
    worker.wake()
    thread.join(10)

    assert sent
    assert not event or errors(logged, event) == 1
