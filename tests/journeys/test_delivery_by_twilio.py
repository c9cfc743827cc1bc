"""The same way with Twilio: texts that are taken and never arrive, told by callbacks that Twilio signs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from kept.adapters.twilio import TwilioChannel, TwilioReader, TwilioSettings
from kept.adapters.twilio.signature import signature
from kept.core.notifications import AttemptState, Outcome
from kept.core.people import ChannelName, Consent, consent_id
from kept.ports.channel import Channel
from kept.ports.provider_api import ApiAnswer
from kept.ports.webhook import WebhookReader
from tests.entrypoints.http_api.world import Asked, Reply, sent
from tests.journeys.test_delivery import DUE, PHONE, SECOND, Clinic

ACCOUNT = "AC" + "0" * 32
SID = "SM" + "1" * 32
TOKEN = "t0ken"


class TextsByTwilio:
    """Plays Twilio's API: takes every text."""

    timeout_s = 10.0

    def __init__(self) -> None:
        self.taken: list[Mapping[str, object]] = []

    def call(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer:
        assert operation == "Messages"
        self.taken.append(parameters)
        return ApiAnswer(fields={"sid": SID, "status": "queued"})

    def close(self) -> None:
        """Do nothing."""


class TwilioClinic(Clinic):
    """The same clinic with another provider."""

    def _readers(self) -> dict[str, WebhookReader]:
        return {"twilio": TwilioReader(ACCOUNT, [TOKEN])}

    def _texts(self) -> Channel:
        self.twilio = TextsByTwilio()
        callback = "https://kept.example/webhooks/twilio"
        settings = TwilioSettings(account_sid=ACCOUNT, secret=TOKEN, sender="+12065550199", status_callback=callback)
        return TwilioChannel(settings, api=self.twilio, clock=self.clock)

    def calls_back(self, status: str, code: str = "", *, token: str = TOKEN) -> Reply:
        """Let Twilio say what became of the text, at the address that it was given."""
        url = str(self.twilio.taken[0]["StatusCallback"])
        form = [("AccountSid", ACCOUNT), ("MessageSid", SID), ("MessageStatus", status), ("To", PHONE)]
        form += [("ErrorCode", code)] if code else []
        headers = {
            "x-twilio-signature": signature(url, form, key=token.encode()),
            "content-type": "application/x-www-form-urlencoded",
            "host": "somewhere.example",
        }
        parts = urlsplit(url)
        asked = Asked(body=urlencode(form).encode(), headers=headers, query=parts.query, scope=None)
        return asyncio.run(sent(self.app, "POST", parts.path, asked))


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[TwilioClinic]:
    made = TwilioClinic(tmp_path)
    yield made
    made.close()


def test_a_text_of_which_twilio_says_no_more_than_sent_is_followed_by_a_mail(clinic: TwilioClinic) -> None:
    clinic.at(DUE)
    answers = [clinic.calls_back(status).status for status in ("queued", "sent", "sent")]
    clinic.at(DUE + clinic.reminder.patience - SECOND)
    before = clinic.mail_count()
    clinic.at(DUE + clinic.reminder.patience + SECOND)

    assert (answers, before, clinic.mail_count(), len(clinic.twilio.taken)) == ([204, 204, 204], 0, 1, 1)
    assert clinic.story()[1:] == [
        "Text message 1: handed to twilio.",
        "Text message 1: taken by twilio.",
        "E-mail 1: handed to outbox, because no word came in time that the text message had been delivered.",
        "E-mail 1: taken by outbox.",
        "Done: the provider has it.",
    ]


def test_a_text_to_a_landline_is_followed_by_a_mail_at_once_and_the_number_is_known(clinic: TwilioClinic) -> None:
    clinic.at(DUE)

    answer = clinic.calls_back("undelivered", "30006")
    clinic.at(DUE + SECOND)

    number = clinic.store.load(Consent, [consent_id(ChannelName.SMS, PHONE)])[0]
    assert (answer.status, answer.body, clinic.mail_count(), number.unusable) == (204, b"", 1, "landline")
    assert clinic.story()[2].startswith("Text message 1: taken by twilio, and not delivered")
    assert clinic.story()[3] == "E-mail 1: handed to outbox."


def test_sent_after_delivered_changes_nothing(clinic: TwilioClinic) -> None:
    clinic.at(DUE)
    clinic.calls_back("delivered")
    clinic.at(DUE + SECOND)
    before = clinic.reminder

    answer = clinic.calls_back("sent")
    clinic.at(DUE + timedelta(hours=9))

    assert answer.status == 204
    assert clinic.reminder == before
    assert (before.outcome, before.attempts[0].state) == (Outcome.DELIVERED, AttemptState.DELIVERED)


def test_a_callback_that_somebody_else_signed_changes_nothing(clinic: TwilioClinic) -> None:
    clinic.at(DUE)
    before = clinic.reminder

    answer = clinic.calls_back("undelivered", "30006", token="other")
    clinic.at(DUE + SECOND)

    assert (answer.status, answer.json["type"]) == (403, "problems/bad-signature")
    assert clinic.reminder == before
