"""The two calls to a provider, and what becomes of a notification when one of them breaks."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from concurrent.futures import Executor, Future
from datetime import timedelta
from typing import Any

import pytest

from kept.adapters.clock import SimulatedClock
from kept.core.channels import Capabilities
from kept.core.notifications import AttemptState, Outcome
from kept.core.people import ChannelName
from kept.core.reports import Metric
from kept.entrypoints.worker import Dispatcher
from kept.entrypoints.worker.handing_over import asked, carriers_of, handed_over
from kept.flow.dispatch import AttemptRef, Handover, Question
from kept.ports.channel import OutgoingMessage
from tests.dispatching import ACCEPTED, DUE, attempt
from tests.entrypoints.worker.world import MAIL, SMS, START, RecordingChannel, World

REF = AttemptRef(notification_id="ntf_1", attempt_id="ntf_1.sms.1", fence=1)
QUESTION = Question(ref=REF, channel=SMS, dedupe_key="ntf_1.sms")
HANDOVER = Handover(
    ref=REF,
    message=OutgoingMessage(
        dedupe_key="ntf_1.sms",
        attempt_id="ntf_1.sms.1",
        channel=SMS,
        to="+12065550111",
        text="Hello",
        expires_at=DUE + timedelta(minutes=4),
    ),
)


class RaisingChannel(RecordingChannel):
    """Breaks every promise."""

    def lookup(self, dedupe_key: str) -> None:
        raise ValueError(dedupe_key)


@pytest.mark.parametrize(
    ("seconds", "state", "code"),
    [
        (0, AttemptState.ACCEPTED, ""),
        (20, AttemptState.ACCEPTED, ""),
        (21, AttemptState.NOT_SENT, "waited_too_long"),
        (236, AttemptState.NOT_SENT, "expired"),
    ],
)
def test_a_message_that_waited_is_handed_over_only_while_there_is_time(
    seconds: int, state: AttemptState, code: str
) -> None:
    channel = RecordingChannel(SMS)
    clock = SimulatedClock(DUE + timedelta(seconds=seconds))

    outcome = handed_over({SMS: channel}, HANDOVER, attempt("s"), clock)

    assert (outcome.state, outcome.code) == (state, code)
    assert len(channel.sent) == (state is AttemptState.ACCEPTED)


def test_a_lease_holds_the_wait_the_call_and_the_record() -> None:
    carrier = carriers_of({SMS: RecordingChannel(SMS, can=Capabilities(lookup=True))})[SMS]

    assert carrier.lease == timedelta(seconds=30 + 10 + 30)
    assert (carrier.provider, carrier.capabilities.lookup) == ("recording", True)


def test_a_provider_is_asked_by_the_key_of_the_message() -> None:
    channel = RecordingChannel(SMS)
    channel.lookups = [ACCEPTED]

    assert asked({SMS: channel}, QUESTION) is ACCEPTED
    assert channel.asked == ["ntf_1.sms"]


def test_nobody_is_asked_where_the_channel_is_gone_or_broken(logged: list[MutableMapping[str, Any]]) -> None:
    channels: dict[ChannelName, RecordingChannel] = {SMS: RaisingChannel(SMS)}

    assert asked({}, QUESTION) is None
    assert asked(channels, QUESTION) is None
    assert [line["event"] for line in logged] == ["channel_raised"]


# ---- when the calls themselves cannot be made


class OddPool(Executor):
    """A pool whose calls come to no end."""

    def __init__(self, make: Callable[[], Future[Any]]) -> None:
        self._make = make

    def submit(self, fn: Callable[..., Any], /, *args: object, **kwargs: object) -> Future[Any]:
        return self._make()


def _refused() -> Future[Any]:
    raise RuntimeError("shut down")


def _cancelled() -> Future[Any]:
    future: Future[Any] = Future()
    future.cancel()
    return future


def _failed() -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(SystemExit())
    return future


@pytest.mark.parametrize(
    ("make", "doing"),
    [(_refused, "deciding"), (_cancelled, "calling"), (_failed, "calling")],
    ids=["shut down", "cancelled", "failed"],
)
def test_a_call_that_comes_to_no_end_leaves_the_notification_to_its_lease(
    make: Callable[[], Future[Any]], doing: str
) -> None:
    world = World()
    world.patient()
    world.visit()
    odd = Dispatcher(
        world.store,
        {SMS: world.sms, MAIL: world.mail},
        clock=world.clock,
        meter=world.meter,
        pool=OddPool(make),
        max_in_flight=2,
    )
    world.clock.set(START - timedelta(days=1))

    odd.run_due()
    left = world.notifications()[0]
    world.until(world.clock.now() + timedelta(minutes=5), every=timedelta(seconds=30))

    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/{doing}"] == 1
    assert [a.state for a in left.attempts] == [AttemptState.SENDING]
    assert world.notifications()[0].attempts[0].code == "lease_ended"
    assert world.notifications()[0].outcome is Outcome.ACCEPTED
