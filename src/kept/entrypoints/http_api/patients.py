"""Register patients, change them, find them, and note what they allow."""

from __future__ import annotations

from typing import Final

from kept.core.access import Scope
from kept.core.errors import NotFoundError
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.entrypoints.http_api.answers import Answer, etag, json_answer
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.patient_forms import (
    CHANGE,
    CONSENT,
    PATIENT,
    no_address,
    patient_changed,
    patient_of,
    wish_of,
)
from kept.entrypoints.http_api.preconditions import Precondition
from kept.entrypoints.http_api.views import ConsentView, PatientView, consent_view, patient_view
from kept.flow.access import earlier_answer, note_answer
from kept.flow.people import register, set_consent, update
from kept.ports.store import Store, Transaction


async def create(call: Call) -> Answer:
    """Register a patient, once for each idempotency key."""
    patient, wishes = patient_of(call.document, call.practice(), new_id=call.parts.ids.new("pat"), now=call.now)

    def step(tx: Transaction) -> Patient:
        earlier = earlier_answer(tx, call.request_key)
        known = tx.get(Patient, earlier.result_id) if earlier else None
        if known:
            return known
        note_answer(tx, call.request_key, result_id=patient.id, now=call.now)
        return register(tx, patient, wishes, by=call.by, now=call.now)

    stored = await call.done(step)
    location = (b"location", f"/api/patients/{stored.id}".encode())
    return _shown(call.parts.store, stored, status=201, location=location)


async def show(call: Call) -> Answer:
    """Show one patient."""
    return _shown(call.parts.store, call.loaded(Patient, "patient"))


async def change(call: Call) -> Answer:
    """Change a patient; what is null is taken away."""
    patient = call.loaded(Patient, "patient")
    after, wishes = patient_changed(call.document, patient, call.practice(), now=call.now)

    def step(tx: Transaction) -> Patient:
        return update(tx, after, wishes, by=call.by, now=call.now)

    return _shown(call.parts.store, await call.done(step))


async def consent(call: Call) -> Answer:
    """Note what a patient said about one channel, whatever was said before."""
    patient_id = call.id_in_path("patient")
    wish = wish_of(call.document)

    def step(tx: Transaction) -> Consent:
        patient = tx.get(Patient, patient_id)
        if patient is None:
            raise NotFoundError("patient")
        return set_consent(tx, _address(patient, wish.channel), wish, by=call.by, now=call.now)

    return json_answer(consent_view(await call.done(step)), status=201)


def consents_of(store: Store, patient: Patient) -> dict[ChannelName, Consent]:
    """Return what is known of a patient's addresses, by channel."""
    addresses = {channel: patient.address(channel) for channel in ChannelName}
    ids = {consent_id(channel, address): channel for channel, address in addresses.items() if address}
    return {ids[found.id]: found for found in store.load(Consent, ids)}


def _address(patient: Patient, channel: ChannelName) -> str:
    """Return where a channel would send to, or say that there is no such address."""
    address = patient.address(channel)
    if not address:
        raise no_address("channel", channel)
    return address


def _shown(store: Store, patient: Patient, *, status: int = 200, location: tuple[bytes, bytes] | None = None) -> Answer:
    headers = (etag(patient.version), *((location,) if location else ()))
    return json_answer(patient_view(patient, consents_of(store, patient)), status=status, headers=headers)


OPERATIONS: Final = (
    Operation(
        name="registerPatient",
        method="POST",
        path="/api/patients",
        scope=Scope.DESK,
        run=create,
        summary="Register a patient",
        about=(
            "Giving a number or an address allows messages about one's own visits, unless `consents` says no. An "
            "earlier opt-out of that number or address stays."
        ),
        tag="Patients",
        body=Body.JSON,
        shapes=(PATIENT,),
        answers={201: (PatientView,)},
        problems=("state-conflict",),
        takes_key=True,
    ),
    Operation(
        name="getPatient",
        method="GET",
        path="/api/patients/{id}",
        scope=Scope.READ,
        run=show,
        summary="Show a patient",
        tag="Patients",
        answers={200: (PatientView,)},
        problems=("not-found",),
    ),
    Operation(
        name="changePatient",
        method="PATCH",
        path="/api/patients/{id}",
        scope=Scope.DESK,
        run=change,
        summary="Change a patient",
        about="A member that is null is taken away. Send If-Match with the ETag that you read.",
        tag="Patients",
        body=Body.JSON,
        shapes=(CHANGE,),
        precondition=Precondition.REQUIRED,
        answers={200: (PatientView,)},
        problems=("not-found",),
    ),
    Operation(
        name="noteConsent",
        method="POST",
        path="/api/patients/{id}/consents",
        scope=Scope.DESK,
        run=consent,
        summary="Note what a patient allows",
        about="Replaces whatever was said before about the patient's number or address.",
        tag="Patients",
        body=Body.JSON,
        shapes=(CONSENT,),
        answers={201: (ConsentView,)},
        problems=("not-found",),
    ),
)
