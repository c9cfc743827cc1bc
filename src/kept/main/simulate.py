"""
``kept simulate``: the real planner and worker live through some days, on a clock that jumps, with a made-up carrier.

Nothing of it touches the store that it reads from. Each visit is booked again at the instant at which it was booked, so
that its reminders are planned as they would have been; what became of the visit in the end is not known to the worker.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, AppointmentStatus
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, Notification
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import Practice
from kept.core.reports import Ledger, tally
from kept.core.zones import parse_date, zone_named
from kept.entrypoints.cli.parts import SimulationReport, SimulationWatch, SimulationWishes
from kept.entrypoints.worker import Dispatcher, InlineExecutor
from kept.flow.due import next_due
from kept.flow.practice import load_practice
from kept.flow.reminders import plan_reminders
from kept.flow.reports import found
from kept.main.made_up import MadeUpCarrier, SilentMeter, made_up_consents, with_contacts
from kept.ports.store import Store, Transaction

MOST_DAYS: Final = 400
CHUNK: Final = 500
AT_ONCE: Final = 64
SETTLED_AFTER: Final = timedelta(days=2)
"""When every notification that was due on a day has come to its end: none is useful for longer."""
_DAY: Final = timedelta(days=1)
_ENDED: Final = frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW, AppointmentStatus.CHECKED_IN})


class Booked(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A visit that is to be booked again."""

    at: datetime
    id: str


def simulate(store: Store, wishes: SimulationWishes, watch: SimulationWatch) -> SimulationReport:
    """
    Return what would be sent for the visits of some days.

    Args:
        store: Where visits, patients and the practice are; only read.
        wishes: Which days, and how.
        watch: Who is told while it runs.

    Raises:
        InvalidInputError: no days, or more than 400.
    """
    started = time.perf_counter()
    bookings = deque(sorted(_bookings(store, *_days(wishes))))
    practice = load_practice(store).practice
    world = _World(store, practice, wishes, watch)
    if bookings:
        world.clock.set(bookings[0].at - timedelta(microseconds=1))
    world.live_through(bookings)
    return SimulationReport(
        appointments=world.booked,
        ledger=world.total(),
        days={day.isoformat(): ledger for day, ledger in sorted(world.days.items())},
        hours=dict(sorted(world.hours.items())),
        attempts=world.carrier_calls(),
        seconds=time.perf_counter() - started,
    )


class _World:
    """The store, clock, carriers and worker of one simulation, and what has come of it."""

    def __init__(self, real: Store, practice: Practice, wishes: SimulationWishes, watch: SimulationWatch) -> None:
        self._real = real
        self._practice = practice
        self._wishes = wishes
        self._watch = watch
        self._zone = zone_named(practice.zone)
        self.clock = SimulatedClock(datetime.fromisoformat("1970-01-02T00:00:00Z"))
        self._store = MemoryStore()
        self._carriers = {name: MadeUpCarrier(name, wishes.rates) for name in ChannelName}
        self._dispatcher = Dispatcher(
            self._store,
            self._carriers,
            clock=self.clock,
            meter=SilentMeter(),
            pool=InlineExecutor(),
            max_in_flight=AT_ONCE,
        )
        self._unsettled: set[date] = set()
        self.days: dict[date, Ledger] = {}
        self.hours: Counter[int] = Counter()
        self.booked = 0
        self._put((msgspec.structs.replace(practice, version=0),))
        self._put(made_up_consents(self.clock.now()) if wishes.assume_contacts else ())

    def live_through(self, bookings: deque[Booked]) -> None:
        """Book and send, each in its time, until nothing is left to do."""
        while True:
            due = next_due(self._store, after=self.clock.now())
            if bookings and (due is None or bookings[0].at <= due):
                self._book_until(bookings, due or bookings[0].at)
                continue
            if due is None:
                break
            self.clock.set(due)
            self._dispatcher.run_due()
            self._settle(before=due - SETTLED_AFTER)
            self._watch.on_time(due)
        self._settle(before=None)

    def total(self) -> Ledger:
        """Return the ledger of everything."""
        total = Ledger()
        for ledger in self.days.values():
            total = total.plus(ledger)
        return total

    def carrier_calls(self) -> int:
        """Return how often the carriers were called."""
        return sum(carrier.calls for carrier in self._carriers.values())

    def _book_until(self, bookings: deque[Booked], until: datetime) -> None:
        """Book every visit again that was booked until an instant."""
        chunk: list[Booked] = []
        while bookings and bookings[0].at <= until and len(chunk) < CHUNK:
            chunk.append(bookings.popleft())
        appointments = self._real.load(Appointment, [b.id for b in chunk])
        self._know_patients({a.patient_id for a in appointments})
        for appointment in appointments:
            self._store.submit(partial(self._book, appointment)).result()
        self.booked += len(appointments)

    def _book(self, appointment: Appointment, tx: Transaction) -> None:
        fresh = as_booked(appointment)
        if fresh.status in {AppointmentStatus.CONFIRMED, AppointmentStatus.CANCELLED}:
            fresh = plan_reminders(tx, fresh, self._practice, now=appointment.created_at)
            self._unsettled.update(
                n.due_at.date() for i in fresh.notification_ids if (n := tx.get(Notification, i)) is not None
            )
        tx.put(fresh)

    def _know_patients(self, ids: set[str]) -> None:
        """Copy patients, and what they allow, unless they are here already."""
        known = {patient.id for patient in self._store.load(Patient, ids)}
        patients = self._real.load(Patient, sorted(ids - known))
        addresses = [(c, address) for p in patients for c in ChannelName if (address := p.address(c))]
        consents = self._real.load(Consent, {consent_id(channel, address) for channel, address in addresses})
        here = {consent.id for consent in self._store.load(Consent, [c.id for c in consents])}
        if self._wishes.assume_contacts:
            patients = tuple(with_contacts(patient) for patient in patients)
        self._put([msgspec.structs.replace(patient, version=0) for patient in patients])
        self._put([msgspec.structs.replace(consent, version=0) for consent in consents if consent.id not in here])

    def _put(self, entities: Iterable[Patient] | Iterable[Consent] | Iterable[Practice]) -> None:
        def step(tx: Transaction) -> None:
            for entity in entities:
                tx.put(entity)

        self._store.submit(step).result()

    def _settle(self, *, before: datetime | None) -> None:
        """Count and forget what was due on days that are over; None: on all days."""
        for day in sorted(self._unsettled):
            if before is None or day < before.date():
                self._unsettled.discard(day)
                self._count(list(found(self._store, "notifications_by_day", day.isoformat())))

    def _count(self, notifications: list[Notification]) -> None:
        by_day: dict[date, list[Notification]] = {}
        for notification in notifications:
            by_day.setdefault(notification.due_at.astimezone(self._zone).date(), []).append(notification)
            for attempt in notification.attempts:
                if attempt.state is AttemptState.ACCEPTED:
                    self.hours[attempt.started_at.astimezone(self._zone).hour] += 1
            self._watch.on_done(notification)
        for day, of_day in by_day.items():
            self.days[day] = self.days.get(day, Ledger()).plus(tally(of_day))
        self._store.submit(partial(_forget, notifications)).result()


def as_booked(appointment: Appointment) -> Appointment:
    """Return a visit as it stood when it was booked: what it came to is not known yet; a cancelled one stays so."""
    status = AppointmentStatus.CONFIRMED if appointment.status in _ENDED else appointment.status
    return msgspec.structs.replace(appointment, version=0, status=status, notification_ids=(), history=())


def _forget(notifications: list[Notification], tx: Transaction) -> None:
    for notification in notifications:
        tx.delete(notification)


def _days(wishes: SimulationWishes) -> tuple[date, date]:
    first, last = parse_date(wishes.first, field="from"), parse_date(wishes.last, field="to")
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        raise InvalidInputError.of("to", "out_of_range", f"must be from the first day on, within {MOST_DAYS} days")
    return first, last


def _bookings(store: Store, first: date, last: date) -> Iterator[Booked]:
    """Yield when each visit of some days was booked."""
    day = first
    while day <= last:
        cursor = None
        while True:
            page = store.query("appointments_by_day", day.isoformat(), limit=CHUNK, cursor=cursor)
            for appointment in store.load(Appointment, [hit.id for hit in page.hits]):
                yield Booked(at=appointment.created_at, id=appointment.id)
            cursor = page.cursor
            if cursor is None:
                break
        day += _DAY
