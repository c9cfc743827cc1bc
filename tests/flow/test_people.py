"""Patients and what they allow."""

from datetime import UTC, datetime

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.errors import NotFoundError, StaleVersionError, StateConflictError
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.flow.people import ConsentWish, register, set_consent, update

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN = Patient(
    id="ann",
    phone=PhoneNumber("+12065550100"),
    email=EmailAddress("ann@example.com"),
    created_at=NOW,
    updated_at=NOW,
)
NO_SMS = ConsentWish(channel=ChannelName.SMS, granted=False, source="told the desk")


def registered(store: MemoryStore, patient: Patient = ANN, *wishes: ConsentWish) -> Patient:
    return store.submit(lambda tx: register(tx, patient, wishes, by="key_1", now=NOW)).result()


def consent(store: MemoryStore, channel: ChannelName) -> Consent | None:
    address = ANN.address(channel) or ""
    return next(iter(store.load(Consent, [consent_id(channel, address)])), None)


def test_giving_an_address_allows_messages_and_says_where_that_is_known_from() -> None:
    store = MemoryStore()

    registered(store)

    for channel in ChannelName:
        known = consent(store, channel)
        assert known
        assert (known.granted, known.source, known.recorded_by) == (True, "given to the practice", "key_1")


def test_someone_who_says_no_is_not_written_to() -> None:
    store = MemoryStore()

    registered(store, ANN, NO_SMS)

    known = consent(store, ChannelName.SMS)
    assert known
    assert (known.granted, known.source) == (False, "told the desk")


def test_an_opt_out_of_a_number_outlives_a_new_registration_of_it() -> None:
    store = MemoryStore()
    store.submit(lambda tx: set_consent(tx, "+12065550100", NO_SMS, by="key_1", now=NOW)).result()

    registered(store)

    known = consent(store, ChannelName.SMS)
    assert known
    assert not known.granted


def test_only_a_person_lifts_an_opt_out() -> None:
    store = MemoryStore()
    registered(store, ANN, NO_SMS)
    again = ConsentWish(channel=ChannelName.SMS, granted=True, source="signed form", wording="I agree")

    lifted = store.submit(lambda tx: set_consent(tx, "+12065550100", again, by="key_2", now=NOW)).result()

    assert (lifted.granted, lifted.wording, lifted.version) == (True, "I agree", 2)


def test_someone_without_addresses_has_no_consents() -> None:
    store = MemoryStore()

    registered(store, Patient(id="ben", created_at=NOW, updated_at=NOW))

    assert consent(store, ChannelName.SMS) is None


def test_an_id_is_taken_once() -> None:
    store = MemoryStore()
    registered(store)

    with pytest.raises(StateConflictError):
        registered(store)


def test_a_patient_is_written_anew_on_top_of_the_version_that_was_read() -> None:
    store = MemoryStore()
    stored = registered(store)
    later = datetime(2026, 2, 1, tzinfo=UTC)
    renamed = msgspec.structs.replace(stored, last_name="Lee", created_at=later)

    after = store.submit(lambda tx: update(tx, renamed, (), by="key_1", now=later)).result()

    assert (after.last_name, after.version, after.created_at, after.updated_at) == ("Lee", 2, NOW, later)
    with pytest.raises(StaleVersionError):
        store.submit(lambda tx: update(tx, renamed, (), by="key_1", now=later)).result()


def test_nobody_is_written_anew_who_was_never_there() -> None:
    with pytest.raises(NotFoundError):
        MemoryStore().submit(lambda tx: update(tx, ANN, (), by="key_1", now=NOW)).result()
