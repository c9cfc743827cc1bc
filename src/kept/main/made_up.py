"""What a simulation makes up: carriers, numbers, and a meter that measures nothing. Nothing of it reaches anybody."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from kept.core.channels import Capabilities
from kept.core.contacts import PhoneNumber
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.entrypoints.cli.parts import Rates
from kept.ports.channel import OutgoingMessage

FICTION: Final = tuple(PhoneNumber(f"+120655501{line:02}") for line in range(100))
"""
Numbers that belong to nobody.

Source:
    NANPA, "555 line numbers" (555-0100 to 555-0199 are for fiction).
"""


class MadeUpCarrier:
    """
    Takes messages and carries them nowhere; fails as often as it is told.

    What becomes of an attempt is drawn from its id, so that a run can be repeated.
    """

    provider = "made_up"
    capabilities = Capabilities()
    timeout_s = 1.0

    def __init__(self, name: ChannelName, rates: Rates) -> None:
        self.name = name
        self.calls = 0
        self._rates = rates

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Return what was drawn for this attempt."""
        self.calls += 1
        drawn = _drawn(f"{self._rates.seed}|{message.attempt_id}")
        if drawn < self._rates.refuse:
            return SendOutcome(state=AttemptState.REFUSED, code="refused")
        if drawn < self._rates.refuse + self._rates.fail:
            return SendOutcome(state=AttemptState.NOT_SENT, code="unreachable")
        if drawn < self._rates.refuse + self._rates.fail + self._rates.unknown:
            return SendOutcome(state=AttemptState.UNKNOWN, code="timeout")
        return SendOutcome(state=AttemptState.ACCEPTED, provider_message_id=f"made-up-{self.calls}")

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Say nothing: it cannot be asked."""
        del dedupe_key
        return None

    def close(self) -> None:
        """Do nothing."""


class SilentMeter:
    """Measures nothing."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Do nothing."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Do nothing."""


def with_contacts(patient: Patient) -> Patient:
    """Return the patient with a made-up number, if nothing at all is known of how to reach them."""
    if patient.phone or patient.email:
        return patient
    number = FICTION[int(_drawn(patient.id) * len(FICTION))]
    return msgspec.structs.replace(patient, phone=number)


def made_up_consents(now: datetime) -> tuple[Consent, ...]:
    """Return the consents that go with the made-up numbers."""
    return tuple(
        Consent(
            id=consent_id(ChannelName.SMS, number),
            channel=ChannelName.SMS,
            granted=True,
            source="assumed by a simulation",
            recorded_at=now,
            recorded_by="simulate",
        )
        for number in FICTION
    )


def _drawn(text: str) -> float:
    """Return a number from 0 up to, not including, 1, drawn from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) / 2**48
