"""Patients: finding one, how they can be reached, what they allow, and what they were told."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from kept.core.booking import Appointment
from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName, Consent, Patient, checked_text, consent_id
from kept.entrypoints.web.calls import CALLER, Call
from kept.entrypoints.web.finding import MOST_LISTED, newest, one, patients_like
from kept.entrypoints.web.rendering import page, see_other
from kept.entrypoints.web.told import told
from kept.flow.people import ConsentWish, set_consent
from kept.flow.replies import replies_of
from kept.flow.search import notifications_of

SOURCES: Final = ("given to the practice", "told us by phone", "signed form", "told us in writing")
"""Where the person said so, as it is kept; each has a text ``source.0`` and so on."""
_ANSWERS: Final = {"yes": True, "no": False}


def search_page(call: Call) -> Response:
    """Show the patients that a text finds."""
    wanted = call.query.get("q", "")
    found: tuple[Patient, ...] = ()
    problem = ""
    try:
        found = patients_like(call, wanted) if wanted else ()
    except InvalidInputError as error:
        problem = call.say.problem(error.problems[0])
    return page(call, "patients.html", q=wanted, found=found, problem=problem)


def patient_page(call: Call) -> Response:
    """Show one patient."""
    store = call.parts.store
    patient = one(store, Patient, call.args["patient_id"])
    consents = {c.id: c for c in store.load(Consent, [consent_id(*way) for way in _ways(patient)])}
    zone = call.zone_of(None)
    return page(
        call,
        "patient.html",
        patient=patient,
        ways=[(channel, address, consents.get(consent_id(channel, address))) for channel, address in _ways(patient)],
        sources=SOURCES,
        appointments=newest(store, Appointment, "appointments_by_patient", patient.id),
        notifications=[(n, told(call, n, zone)) for n in reversed(notifications_of(store, patient.id)[-MOST_LISTED:])],
        replies=replies_of(store, patient.id, now=call.now, limit=MOST_LISTED),
        zone=zone,
        done=call.query.get("done", ""),
    )


def keep_consent(call: Call) -> Response:
    """Write down what a person said about a number or an address."""
    patient = one(call.parts.store, Patient, call.args["patient_id"])
    addresses = {channel.value: address for channel, address in _ways(patient)}
    channel, granted = call.form.get("channel", ""), _ANSWERS.get(call.form.get("granted", ""))
    if channel not in addresses:
        raise InvalidInputError.of("channel", "no_address", "has no number or address here; add one first")
    if call.form.get("address") != addresses[channel]:
        raise InvalidInputError.of("channel", "address_changed", "has another address by now; load the page again")
    if granted is None:
        raise InvalidInputError.of("granted", "required", "must be yes or no; choose one")
    wish = ConsentWish(
        channel=ChannelName(channel),
        granted=granted,
        source=checked_text(call.form.get("source") or SOURCES[0], field="source"),
        wording=checked_text(call.form.get("wording", ""), field="wording", limit=500, multiline=True),
    )
    address = addresses[channel]
    call.parts.store.submit(lambda tx: set_consent(tx, address, wish, by=CALLER, now=call.now)).result()
    call.parts.wake()
    return see_other(f"/patients/{patient.id}", done="consent")


def _ways(patient: Patient) -> list[tuple[ChannelName, str]]:
    return [(channel, address) for channel in ChannelName if (address := patient.address(channel))]
