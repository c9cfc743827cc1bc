"""What the outbox says later, as the calls of a provider, and who reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kept.adapters.outbox import (
    Behaviour,
    OutboxChannel,
    OutboxLedger,
    OutboxReader,
    OutboxUnavailableError,
    OutboxVoice,
    words_for,
)
from kept.core.errors import InvalidInputError, NotFoundError, RefusedError, StorageUnavailableError
from kept.core.notifications import AttemptState
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, IncomingReply, ReceiptState
from kept.ports.webhook import ForgedError, WebhookRequest
from tests.contracts.channels import NOW, StoppedClock, outgoing

SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
PHONE, MAIL = "+12065550100", "ann@example.com"
WHY = {
    "undelivered": FailureClass.UNKNOWN,
    "unknown-number": FailureClass.PERMANENT,
    "landline": FailureClass.LANDLINE,
    "switched-off": FailureClass.TRANSIENT,
    "filtered": FailureClass.OURS,
    "bounced": FailureClass.PERMANENT,
    "mailbox-full": FailureClass.TRANSIENT,
    "opted-out": FailureClass.OPTED_OUT,
}


class Numbers:
    """Makes ids that can be foretold."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, prefix: str) -> str:
        self._last += 1
        return f"{prefix}_{self._last}"

    def secret(self) -> str:
        return "secret"


class Side:
    """Both halves of the outbox, and what has been called."""

    def __init__(self, ledger: OutboxLedger) -> None:
        self.ledger = ledger
        self.clock = StoppedClock()
        self.calls: list[WebhookRequest] = []
        self.is_down = False
        self.voice = OutboxVoice(ledger, clock=self.clock, ids=Numbers(), call=self._keep)

    def send(self, channel: ChannelName = SMS) -> AttemptState:
        """Hand one message over."""
        carrier = OutboxChannel(self.ledger, channel, clock=self.clock, wait=lambda _: None, voice=self.voice)
        return carrier.send(outgoing(channel, PHONE if channel is SMS else MAIL)).state

    def read(self) -> list[DeliveryReceipt | IncomingReply]:
        """Return what the calls say."""
        return [event for call in self.calls for event in OutboxReader().read(call)]

    def _keep(self, request: WebhookRequest) -> None:
        if self.is_down:
            raise StorageUnavailableError("the disk is full")
        self.calls.append(request)


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    with OutboxLedger(tmp_path / "outbox.db") as ledger:
        yield Side(ledger)


@pytest.mark.parametrize(
    ("channel", "word"), [(channel, word) for channel in ChannelName for word in words_for(channel)]
)
def test_a_word_is_read_back_as_a_receipt_of_the_message(side: Side, channel: ChannelName, word: str) -> None:
    side.send(channel)

    side.voice.say(1, word)

    (receipt,) = side.read()
    assert isinstance(receipt, DeliveryReceipt)
    assert (receipt.id, receipt.provider, receipt.provider_message_id) == ("rcp_1", "outbox", "outbox-1")
    assert (receipt.attempt_id, receipt.code, receipt.at) == (outgoing(channel, PHONE).attempt_id, word, NOW)
    assert receipt.failure is WHY.get(word)
    assert receipt.is_final is (word != "delayed")
    assert (receipt.state is ReceiptState.FAILED) is (word in WHY)


def test_an_answer_is_read_back_as_a_reply_to_the_message_which_must_have_come(side: Side) -> None:
    side.send()

    side.voice.reply(1, "¿Sí? 👍")

    came, reply = side.read()
    assert isinstance(came, DeliveryReceipt)
    assert (came.state, came.provider_message_id) == (ReceiptState.DELIVERED, "outbox-1")
    assert reply == (
        IncomingReply(
            id="rpl_1",
            provider="outbox",
            channel=SMS,
            sender=PHONE,
            recipient="",
            text="¿Sí? 👍",
            answers_message_id="outbox-1",
            at=NOW,
        )
    )


@pytest.mark.parametrize(
    ("behaviour", "state", "said"),
    [
        (Behaviour.ACCEPT, AttemptState.ACCEPTED, 1),
        (Behaviour.SLOW, AttemptState.ACCEPTED, 1),
        (Behaviour.LATE, AttemptState.UNKNOWN, 1),
        (Behaviour.LOST, AttemptState.UNKNOWN, 0),
        (Behaviour.REFUSE, AttemptState.REFUSED, 0),
        (Behaviour.FAIL, AttemptState.NOT_SENT, 0),
    ],
)
def test_what_is_always_said_of_an_address_is_said_of_every_message_that_is_taken(
    side: Side, behaviour: Behaviour, state: AttemptState, said: int
) -> None:
    side.voice.always(MAIL, "bounced")
    side.ledger.tell(EMAIL, behaviour)

    assert side.send(EMAIL) is state
    assert [event.code for event in side.read() if isinstance(event, DeliveryReceipt)] == ["bounced"] * said


def test_nothing_is_said_of_other_addresses_or_once_it_was_taken_back(side: Side) -> None:
    side.voice.always("ben@example.com", "bounced")
    side.send(EMAIL)
    side.voice.always(MAIL, "bounced")
    side.voice.always(MAIL, "")
    side.send(EMAIL)

    assert (side.calls, side.ledger.said_always()) == ([], {"ben@example.com": "bounced"})


def test_a_message_is_taken_even_when_what_is_said_of_it_cannot_be_kept(side: Side) -> None:
    side.voice.always(PHONE, "landline")
    side.is_down = True

    assert (side.send(), side.ledger.count()) == (AttemptState.ACCEPTED, 1)


def test_nothing_is_ordered_when_the_file_cannot_be_written(side: Side) -> None:
    side.ledger.close()

    with pytest.raises(OutboxUnavailableError):
        side.voice.always(PHONE, "landline")


def test_a_message_that_was_refused_has_nothing_to_be_said_of(side: Side) -> None:
    side.ledger.tell(SMS, Behaviour.REFUSE)
    side.send()

    with pytest.raises(RefusedError):
        side.voice.say(1, "delivered")
    with pytest.raises(RefusedError):
        side.voice.reply(1, "C")
    with pytest.raises(NotFoundError):
        side.voice.say(2, "delivered")


def test_words_have_to_fit_the_channel_and_answers_a_message(side: Side) -> None:
    side.send()

    for word in ("bounced", "BOUNCED", "", "lovely"):
        with pytest.raises(InvalidInputError):
            side.voice.say(1, word)
    with pytest.raises(InvalidInputError):
        side.voice.always(MAIL, "landline")
    with pytest.raises(InvalidInputError):
        side.voice.reply(1, "x" * 1601)
    assert side.calls == []


@pytest.mark.parametrize("is_awaited", [True, False])
def test_messages_wait_for_word_when_that_is_set(side: Side, is_awaited: bool) -> None:  # noqa: FBT001  a table's row
    voice = OutboxVoice(side.ledger, clock=side.clock, ids=Numbers(), call=side.calls.append, is_awaited=is_awaited)

    able = OutboxChannel(side.ledger, SMS, clock=side.clock, voice=voice).capabilities

    assert (able.receipts, able.replies) == (is_awaited, True)


def test_the_reader_believes_nobody_and_leaves_out_what_it_does_not_know(side: Side) -> None:
    side.send()
    side.voice.say(1, "delivered")
    (call,) = side.calls
    newer = msgspec.structs.replace(call, body=json.dumps({**json.loads(call.body), "word": "brand-new"}).encode())

    with pytest.raises(ForgedError):
        OutboxReader().verify(call)
    assert OutboxReader().read(newer) == ()
    assert OutboxReader().read(call) == OutboxReader().read(call)


def test_a_ledger_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with OutboxLedger(path) as ledger:
        Side(ledger).send()
    downgrade(path)

    with OutboxLedger(path) as ledger:
        ledger.always(MAIL, "bounced")

        assert (ledger.count(), ledger.said_always()) == (1, {MAIL: "bounced"})


def downgrade(path: Path) -> None:
    """Make the file as the first version did."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TABLE always; PRAGMA user_version = 1;")
