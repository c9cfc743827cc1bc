"""Register patients and keep what they allow."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kept.core.errors import NotFoundError, StaleVersionError, StateConflictError
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.flow.merging import keep_household
from kept.ports.store import Transaction


class ConsentWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said about one channel."""

    channel: ChannelName
    granted: bool
    source: str = "given to the practice"
    wording: str = ""
    is_unproven: bool = False
    """Typed by somebody whom nobody has seen: no text leaves before the number is known to be theirs."""


def register(tx: Transaction, patient: Patient, wishes: tuple[ConsentWish, ...], *, by: str, now: datetime) -> Patient:
    """
    Write a new patient.

    Giving a number or an address to the practice allows messages about one's own visits, unless the person says no;
    an earlier opt-out of that number or address stays until someone lifts it by :func:`set_consent`.

    Raises:
        StateConflictError: the id is taken.
    """
    if tx.get(Patient, patient.id) is not None:
        raise StateConflictError("this patient id is taken; change the patient instead", code="id_taken")
    stored = tx.put(patient)
    _note_consents(tx, stored, wishes, by=by, now=now)
    keep_household(tx, None, stored)
    return stored


def update(tx: Transaction, patient: Patient, wishes: tuple[ConsentWish, ...], *, by: str, now: datetime) -> Patient:
    """
    Write a patient anew, on top of the version that the value carries.

    Raises:
        NotFoundError: no such patient.
        StaleVersionError: changed since it was read.
    """
    current = tx.get(Patient, patient.id)
    if current is None:
        raise NotFoundError("patient")
    if current.version != patient.version:
        raise StaleVersionError(given=patient.version, current=current.version)
    stored = tx.put(msgspec.structs.replace(patient, created_at=current.created_at, updated_at=now))
    _note_consents(tx, stored, wishes, by=by, now=now)
    keep_household(tx, current, stored)
    return stored


def set_consent(tx: Transaction, address: str, wish: ConsentWish, *, by: str, now: datetime) -> Consent:
    """Write what a person said about an address, whatever was said before; what was sent there stays known."""
    record = consent_id(wish.channel, address)
    known = tx.get(Consent, record)
    return tx.put(
        Consent(
            id=record,
            version=known.version if known else 0,
            channel=wish.channel,
            granted=wish.granted,
            source=wish.source,
            wording=wish.wording,
            recorded_at=now,
            recorded_by=by,
            is_unproven=wish.is_unproven,
            told=known.told if known else (),
            patient_ids=known.patient_ids if known else (),
        )
    )


def prove(tx: Transaction, channel: ChannelName, address: str) -> None:
    """Note that somebody has written from an address, so that it is theirs and may be written to."""
    known = tx.get(Consent, consent_id(channel, address))
    if known and known.is_unproven:
        tx.put(msgspec.structs.replace(known, is_unproven=False))


def _note_consents(
    tx: Transaction, patient: Patient, wishes: tuple[ConsentWish, ...], *, by: str, now: datetime
) -> None:
    """
    Record the wishes, and a plain grant for an address about which nothing is known.

    What a stranger typed counts only where nothing is known either.
    """
    wished = {w.channel: w for w in wishes}
    for channel in ChannelName:
        address = patient.address(channel)
        if not address:
            continue
        wish = wished.get(channel)
        is_said = wish is not None and not wish.is_unproven
        if is_said or tx.get(Consent, consent_id(channel, address)) is None:
            set_consent(tx, address, wish or ConsentWish(channel=channel, granted=True), by=by, now=now)
