"""Patients as the API writes and shows them."""

from __future__ import annotations

import msgspec

from kept.core.people import Patient
from kept.entrypoints.cli.bookings import CALLER
from kept.entrypoints.cli.parts import Parts
from kept.entrypoints.http_api.patient_forms import patient_of
from kept.entrypoints.http_api.patients import consents_of
from kept.entrypoints.http_api.views import patient_view
from kept.flow.people import register
from kept.flow.practice import load_practice
from kept.ports.store import Store


def registered(parts: Parts, document: dict[str, object]) -> dict[str, object]:
    """
    Return a patient, registered as a document describes them.

    Raises:
        KeptError: they were not, and why.
    """
    now = parts.clock.now()
    practice = load_practice(parts.store).practice
    patient, wishes = patient_of(document, practice, new_id=parts.ids.new("pat"), now=now)
    stored = parts.store.submit(lambda tx: register(tx, patient, wishes, by=CALLER, now=now)).result()
    return shown(parts.store, stored)


def shown(store: Store, patient: Patient) -> dict[str, object]:
    """Return a patient as a document."""
    document: dict[str, object] = msgspec.to_builtins(patient_view(patient, consents_of(store, patient)))
    return document
