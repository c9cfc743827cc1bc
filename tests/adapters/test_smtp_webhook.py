from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from kept.adapters.smtp import SmtpReader
from kept.core.errors import InvalidInputError
from kept.core.receipts import DeliveryReceipt, FailureClass, IncomingReply
from kept.formats.incoming_mail import MOST_BYTES
from kept.ports.webhook import ForgedError, WebhookRequest
from tests.contracts.channels import quick_settings

NOW = datetime(2026, 5, 4, 15, tzinfo=UTC)
SECRET = "a secret that nobody guesses"
SETTINGS = quick_settings(25, reply_to="desk@practice.example", bounce_address="bounces@practice.example")
BOUNCED = (Path(__file__).parents[1] / "samples" / "mails" / "postfix_failed.eml").read_bytes()
ANSWER = b"From: ann@example.com\nTo: desk@practice.example\nMessage-ID: <1@example.com>\n\nYes\n"


def call(body: bytes = BOUNCED, *, authorization: str = f"Bearer {SECRET}") -> WebhookRequest:
    headers = {"authorization": authorization} if authorization else {}
    return WebhookRequest(url="https://kept.example/webhooks/smtp", headers=headers, body=body, received_at=NOW)


def test_a_mail_with_the_secret_is_let_in() -> None:
    SmtpReader(SETTINGS, SECRET).verify(call())
    SmtpReader(SETTINGS, SECRET).verify(call(authorization=f"bearer  {SECRET}"))


@pytest.mark.parametrize(
    "shown", ["", SECRET, "Bearer", "Bearer ", f"Basic {SECRET}", f"Bearer {SECRET[:-1]}", "Bearer a sécret"]
)
def test_a_mail_without_the_secret_is_forged(shown: str) -> None:
    with pytest.raises(ForgedError, match="secret"):
        SmtpReader(SETTINGS, SECRET).verify(call(authorization=shown))


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer ", "Bearer x"])
def test_without_a_secret_nobody_may_call(shown: str) -> None:
    with pytest.raises(ForgedError, match="smtp_inbound_secret"):
        SmtpReader(SETTINGS, "").verify(call(authorization=shown))


def test_what_cannot_be_read_is_refused_at_the_door_and_says_nothing_behind_it() -> None:
    monster = call(b"a" * (MOST_BYTES + 1))
    reader = SmtpReader(SETTINGS, SECRET)

    with pytest.raises(ForgedError, match="no mail"):
        reader.verify(monster)
    assert reader.read(monster) == ()


@pytest.mark.parametrize("secret", ["short", "fünfzehn oder mehr", "a secret with\na line break"])
def test_refuses_a_secret_that_is_guessed_or_fits_into_no_header(secret: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        SmtpReader(SETTINGS, secret)

    assert [problem.field for problem in caught.value.problems] == ["inbound_secret"]
    assert secret not in str(caught.value)


def test_a_report_becomes_a_receipt() -> None:
    (receipt,) = SmtpReader(SETTINGS, SECRET).read(call())

    assert isinstance(receipt, DeliveryReceipt)
    assert receipt.attempt_id == "ntf_0a1b2c3d4e5f60718293a4b5c6d7e8f9.email.1"
    assert receipt.failure is FailureClass.PERMANENT


def test_a_report_to_the_sender_counts_where_no_other_address_was_chosen() -> None:
    settings = msgspec.structs.replace(SETTINGS, bounce_address="")

    (receipt,) = SmtpReader(settings, SECRET).read(call())

    assert isinstance(receipt, DeliveryReceipt)


def test_an_answer_becomes_a_reply() -> None:
    (reply,) = SmtpReader(SETTINGS, SECRET).read(call(ANSWER))

    assert isinstance(reply, IncomingReply)
    assert (reply.sender, reply.text) == ("ann@example.com", "Yes")


@pytest.mark.parametrize(
    "mail", [b"Auto-Submitted: auto-replied\n" + ANSWER, ANSWER.replace(b"ann@example.com", b"desk@practice.example")]
)
def test_what_no_person_wrote_says_nothing(mail: bytes) -> None:
    assert SmtpReader(SETTINGS, SECRET).read(call(mail)) == ()
