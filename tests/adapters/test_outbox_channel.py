from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kept.adapters.outbox import Behaviour, OutboxChannel, OutboxLedger
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from tests.contracts.channels import NOW, StoppedClock, outgoing

SMS = ChannelName.SMS
MESSAGE = outgoing(SMS, "+12065550100")


class Waits:
    """Keeps how long was waited, and lets that time pass."""

    def __init__(self, clock: StoppedClock) -> None:
        self.clock = clock
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.clock.move(seconds)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[OutboxLedger]:
    with OutboxLedger(tmp_path / "outbox.db") as opened:
        yield opened


@pytest.fixture
def waits() -> Waits:
    return Waits(StoppedClock())


@pytest.fixture
def channel(ledger: OutboxLedger, waits: Waits) -> OutboxChannel:
    return OutboxChannel(ledger, SMS, clock=waits.clock, wait=waits)


ACCEPTED = SendOutcome(state=AttemptState.ACCEPTED, provider_message_id="outbox-1")
NOT_FOUND = SendOutcome(state=AttemptState.NOT_SENT, code="not_found")


@pytest.mark.parametrize(
    ("behaviour", "outcome", "waited", "found"),
    [
        (Behaviour.ACCEPT, ACCEPTED, [], ACCEPTED),
        (
            Behaviour.REFUSE,
            SendOutcome(state=AttemptState.REFUSED, provider_message_id="outbox-1", code="refused"),
            [],
            SendOutcome(state=AttemptState.REFUSED, provider_message_id="outbox-1", code="refused"),
        ),
        (Behaviour.FAIL, SendOutcome(state=AttemptState.NOT_SENT, code="unreachable"), [], NOT_FOUND),
        (Behaviour.SLOW, ACCEPTED, [5.0], ACCEPTED),
        (Behaviour.LATE, SendOutcome(state=AttemptState.UNKNOWN, code="timeout"), [5.0], ACCEPTED),
        (Behaviour.LOST, SendOutcome(state=AttemptState.UNKNOWN, code="timeout"), [5.0], NOT_FOUND),
        (
            Behaviour.THROTTLE,
            SendOutcome(state=AttemptState.NOT_SENT, code="throttled", retry_after_s=5.0),
            [],
            NOT_FOUND,
        ),
    ],
    ids=[behaviour.value for behaviour in Behaviour],
)
def test_does_what_it_was_told(
    ledger: OutboxLedger,
    channel: OutboxChannel,
    waits: Waits,
    behaviour: Behaviour,
    outcome: SendOutcome,
    waited: list[float],
    found: SendOutcome,
) -> None:
    ledger.tell(SMS, behaviour, seconds=5)

    assert channel.send(MESSAGE) == outcome
    assert waits.seconds == waited
    assert channel.lookup(MESSAGE.dedupe_key) == found


def test_notes_when_a_slow_message_was_taken_not_when_it_was_offered(
    ledger: OutboxLedger, channel: OutboxChannel, waits: Waits
) -> None:
    ledger.tell(SMS, Behaviour.SLOW, seconds=5)

    channel.send(MESSAGE)

    assert (ledger.messages()[0].received_at - NOW).total_seconds() == 5


def test_drops_a_message_whose_time_runs_out_during_a_slow_answer(
    ledger: OutboxLedger, channel: OutboxChannel, waits: Waits
) -> None:
    ledger.tell(SMS, Behaviour.SLOW, seconds=5)
    waits.clock.move(7_197)

    outcome = channel.send(MESSAGE)

    assert outcome == SendOutcome(state=AttemptState.NOT_SENT, code="expired")
    assert ledger.count() == 0


def test_lookup_prefers_the_copy_that_was_accepted(ledger: OutboxLedger, channel: OutboxChannel) -> None:
    channel.send(MESSAGE)
    ledger.tell(SMS, Behaviour.REFUSE)
    channel.send(MESSAGE)

    assert channel.lookup(MESSAGE.dedupe_key) == ACCEPTED


def test_lookup_knows_nothing_of_the_other_channel(ledger: OutboxLedger, channel: OutboxChannel, waits: Waits) -> None:
    channel.send(MESSAGE)
    other = OutboxChannel(ledger, ChannelName.EMAIL, clock=waits.clock, wait=waits)

    assert other.lookup(MESSAGE.dedupe_key) == NOT_FOUND


def test_a_ledger_that_is_gone_is_an_outcome_and_not_an_error(ledger: OutboxLedger, channel: OutboxChannel) -> None:
    ledger.close()

    assert channel.send(MESSAGE) == SendOutcome(state=AttemptState.NOT_SENT, code="outbox_unavailable")
    assert channel.lookup(MESSAGE.dedupe_key) is None


def test_waits_at_most_as_long_as_its_time_limit_allows(ledger: OutboxLedger, channel: OutboxChannel) -> None:
    order = ledger.tell(SMS, Behaviour.SLOW, seconds=8)

    assert order.seconds < channel.timeout_s
