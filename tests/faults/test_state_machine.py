"""The same random calls on the whole program over two stores and on a plain model: all must answer the same."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.adapters.outbox import Behaviour, OutboxChannel, OutboxLedger
from kept.adapters.sqlite import SqliteStore
from kept.core.booking import Appointment, AppointmentEvent
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.errors import KeptError
from kept.core.notifications import AttemptState, Notification, NotificationState, notification_id
from kept.core.people import ChannelName, Patient
from kept.entrypoints.worker import Dispatcher, InlineExecutor
from kept.flow.booking import Change, apply, book, move
from kept.flow.due import next_due
from kept.flow.people import ConsentWish, register, set_consent
from kept.ports.store import Store, Transaction
from tests.aws.tables import dynamo_store
from tests.faults.plain_model import LEADS, Person, PlainModel, RefusalError, Visit
from tests.faults.practice import HOUR, KINDS, NOW, ZONE, hour_from, request_for, set_up
from tests.faults.unguarded import unguarded
from tests.faults.world import SilentMeter

pytestmark = pytest.mark.uncounted

BEGINNING: Final = NOW + timedelta(minutes=25)
PEOPLE: Final = (
    Person(id="ann", phone="+12065550100", email="home@example.com"),
    Person(id="ben", phone="+12065550101", email=None),
    Person(id="cat", phone=None, email="Home@Example.com"),
    Person(id="dan", phone=None, email=None),
    Person(id="eve", phone="+12065550101", email="eve@example.com"),
)
Seen = tuple[str, datetime, int, int]
Answered = Seen | str

MOST_VISITS: Final = 12
ids = [f"v{n}" for n in range(MOST_VISITS)]
numbers = st.integers(0, MOST_VISITS)
"""Which of the visits that there are; the highest is one that there is not."""
starts = st.one_of(st.sampled_from([24, 52, 60]), st.integers(1, 100)).map(
    lambda halves: NOW + halves * timedelta(minutes=30)
)
owners = st.sampled_from([("dr-a", None), ("dr-b", None), ("dr-a", "room-1"), ("dr-b", "room-1"), (None, "room-1")])
versions = st.sampled_from([None, None, None, 0, 1])
"""How far behind a caller is; None says nothing of a version."""


class System:
    """The program over one store."""

    def __init__(self, store: Store, folder: Path) -> None:
        folder.mkdir()
        self.store = store
        self.clock = SimulatedClock(BEGINNING)
        self.ledger = OutboxLedger(folder / "outbox.sqlite3", synchronous="normal")
        self._dispatcher = Dispatcher(
            store,
            {name: OutboxChannel(self.ledger, name, clock=self.clock, wait=lambda _: None) for name in ChannelName},
            clock=self.clock,
            meter=SilentMeter(),
            pool=InlineExecutor(),
            max_in_flight=3,
        )
        store.submit(set_up).result()

    def reach(self, end: datetime) -> None:
        """Let time pass, with the worker at work at each instant at which something is due."""
        while (due := next_due(self.store, after=self.clock.now())) and due <= end:
            self.clock.set(due)
            self._dispatcher.run_due()
        self.clock.set(end)
        self._dispatcher.run_due()
        self.store.submit(lambda _: None).result()  # behind what the worker has left in the queue

    def answer(self, step: Callable[[Transaction], Appointment | Patient]) -> Answered:
        """Return what a client sees: the appointment in short, or the name of the error."""
        try:
            made = self.store.submit(step).result()
        except KeptError as error:
            return type(error).__name__
        return seen(made) if isinstance(made, Appointment) else "registered"

    def appointments(self) -> dict[str, Seen]:
        return {a.id: seen(a) for a in self.store.load(Appointment, ids)}

    def reminders(self, model: PlainModel) -> dict[tuple[str, int, str], str]:
        """Return how the reminders of the model's visits stand here."""
        found = {}
        for visit in model.visits.values():
            for sequence in range(visit.sequence + 1):
                ids = {notification_id(visit.id, str(sequence), rule, visit.patient): rule for rule in LEADS}
                for each in self.store.load(Notification, ids):
                    found[visit.id, sequence, ids[each.id]] = stands(each)
        return found

    def taken(self) -> Counter[tuple[str, str]]:
        messages = self.ledger.messages(limit=1_000)
        return Counter((m.channel.value, m.to.lower()) for m in messages if m.state is AttemptState.ACCEPTED)

    def close(self) -> None:
        self.store.close()
        self.ledger.close()


def seen(appointment: Appointment) -> Seen:
    return appointment.status.value, appointment.start, appointment.version, appointment.sequence


def stands(notification: Notification) -> str:
    """Return how a reminder stands, in the model's words."""
    if notification.state is not NotificationState.DONE or notification.outcome is None:
        return notification.state.value
    if notification.reason:
        return f"{notification.outcome.value}: {notification.reason.value}"
    accepted = [a.channel.value for a in notification.attempts if a.state is AttemptState.ACCEPTED]
    return f"{notification.outcome.value} by {', '.join(accepted)}"


class Practice(RuleBasedStateMachine):
    """Drives both stores and the model with the same calls."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.systems: dict[str, System] = {}
        self.model = PlainModel(BEGINNING)

    @initialize()
    def open(self) -> None:
        folder = Path(self.folder.name)
        self.systems = {name: System(store, folder / name) for name, store in self.stores(folder).items()}
        for person in PEOPLE[:3]:
            self.register(person)
        self.book(again=False, person=PEOPLE[0], start=NOW + 12 * HOUR, owner=("dr-a", None), visit_type="visit")
        self.book(again=False, person=PEOPLE[1], start=NOW + 26 * HOUR, owner=("dr-a", None), visit_type="class")
        self.book(again=False, person=PEOPLE[2], start=NOW + 30 * HOUR, owner=("dr-b", None), visit_type="ask")

    def stores(self, folder: Path) -> dict[str, Store]:
        return {"memory": MemoryStore(), "sqlite": SqliteStore(folder / "kept.sqlite3", kinds=KINDS)}

    def teardown(self) -> None:
        for system in self.systems.values():
            system.close()
        self.folder.cleanup()

    def all_answer(self, expected: Callable[[], Visit | None], step: Callable[..., Appointment | Patient]) -> None:
        """Check that everybody answers what the model does."""
        try:
            visit = expected()
        except RefusalError as refusal:
            wanted: Answered = str(refusal)
        else:
            wanted = (visit.status, visit.start, visit.version, visit.sequence) if visit else "registered"
        now = self.model.now
        answers = {name: system.answer(partial(step, now=now)) for name, system in self.systems.items()}
        assert answers == dict.fromkeys(self.systems, wanted)

    @rule(person=st.sampled_from(PEOPLE))
    def register(self, person: Person) -> None:
        patient = Patient(
            id=person.id,
            phone=PhoneNumber(person.phone) if person.phone else None,
            email=EmailAddress(person.email) if person.email else None,
            created_at=NOW,
            updated_at=NOW,
        )
        step = partial(register, patient=patient, wishes=(), by="test")
        self.all_answer(lambda: self.model.register(person), step)

    @rule(
        again=st.sampled_from([False, False, False, True]),
        person=st.sampled_from(PEOPLE),
        start=starts,
        owner=owners,
        visit_type=st.sampled_from(["visit", "class", "class", "ask"]),
    )
    def book(
        self, *, again: bool, person: Person, start: datetime, owner: tuple[str | None, str | None], visit_type: str
    ) -> None:
        number = len(self.model.visits) - again
        visit_id = ids[min(number, MOST_VISITS - 1)]
        practitioner, room = owner
        status = "REQUESTED" if visit_type == "ask" else "CONFIRMED"
        visit = Visit(
            id=visit_id,
            patient=person.id,
            practitioner=practitioner,
            room=room,
            visit_type=visit_type,
            start=start,
            status=status,
            hold_until=None,
        )
        fields = {"practitioner_id": practitioner, "room_id": room, "visit_type_id": visit_type}
        request = request_for(person.id, start, register_patient=False, **fields)
        step = partial(book, request=request, appointment_id=visit_id)
        self.all_answer(lambda: self.model.book(visit), step)

    @rule(number=numbers, start=starts, behind=versions)
    def move(self, number: int, start: datetime, behind: int | None) -> None:
        visit_id = self.chosen(number)
        version = self.version(visit_id, behind)
        change = Change(appointment_id=visit_id, by="test", version=version)
        step = partial(move, change=change, to=hour_from(start), zone=ZONE)
        self.all_answer(lambda: self.model.move(visit_id, start, version), step)

    @rule(
        number=numbers,
        event=st.sampled_from([e for e in AppointmentEvent if e is not AppointmentEvent.MOVE]),
        behind=versions,
    )
    def happen(self, number: int, event: AppointmentEvent, behind: int | None) -> None:
        visit_id = self.chosen(number)
        version = self.version(visit_id, behind)
        change = Change(appointment_id=visit_id, by="test", version=version)
        step = partial(apply, change=change, event=event)
        self.all_answer(lambda: self.model.happen(visit_id, event.value, version), step)

    @rule(channel=st.sampled_from(ChannelName), person=st.sampled_from(PEOPLE))
    def opt_out(self, channel: ChannelName, person: Person) -> None:
        address = person.phone if channel is ChannelName.SMS else person.email
        if address and person.id in self.model.people:
            wish = ConsentWish(channel=channel, granted=False)
            for system in self.systems.values():
                step = partial(set_consent, address=address, wish=wish, by="test", now=self.model.now)
                system.store.submit(step).result()
            self.model.opt_out(address)

    @rule(channel=st.sampled_from(ChannelName), behaviour=st.sampled_from([b for b in Behaviour if b != "slow"]))
    def tell_the_outbox(self, channel: ChannelName, behaviour: Behaviour) -> None:
        for system in self.systems.values():
            system.ledger.tell(channel, behaviour, seconds=30 if behaviour is Behaviour.THROTTLE else 0)
        self.model.behaviour[channel.value] = behaviour.value

    @rule(halves=st.sampled_from([1, 2, 3, 10, 24, 47]))
    def let_time_pass(self, halves: int) -> None:
        end = self.model.now + halves * timedelta(minutes=30)
        self.model.reach(end)
        for system in self.systems.values():
            system.reach(end)

    @invariant()
    def all_hold_the_same(self) -> None:
        visits = {v.id: (v.status, v.start, v.version, v.sequence) for v in self.model.visits.values()}
        for name, system in self.systems.items():
            assert system.appointments() == visits, name
            assert system.reminders(self.model) == self.model.reminders, name
            assert system.taken() == Counter(self.model.taken), name

    def chosen(self, number: int) -> str:
        """Return one of the visits that there are, or an id that nobody has."""
        there = list(self.model.visits)
        return "nobody" if number == MOST_VISITS or not there else there[number % len(there)]

    def version(self, visit_id: str, behind: int | None) -> int | None:
        """Return the version that a caller gives."""
        visit = self.model.visits.get(visit_id)
        return None if behind is None or visit is None else visit.version - behind


class PracticeInTables(Practice):
    """In memory and in DynamoDB."""

    def stores(self, folder: Path) -> dict[str, Store]:
        return {"memory": MemoryStore(), "dynamodb": dynamo_store(KINDS)}


class PracticeWithoutDays(Practice):
    """Over a store that does not put days back, so that nothing is ever taken."""

    def stores(self, folder: Path) -> dict[str, Store]:
        return {"forgetful": unguarded("keeps no days", MemoryStore())}


TestPractice = Practice.TestCase
TestPractice.settings = settings(max_examples=80, stateful_step_count=40)
TestPracticeInTables = PracticeInTables.TestCase
TestPracticeInTables.settings = settings(max_examples=6, stateful_step_count=30)


def test_a_store_that_forgets_what_is_taken_is_seen() -> None:
    quick = settings(max_examples=100, stateful_step_count=40, phases=[Phase.generate], database=None)

    with pytest.raises(AssertionError, match="SlotTakenError"):
        run_state_machine_as_test(PracticeWithoutDays, settings=quick)
