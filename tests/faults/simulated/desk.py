"""What the desk and the patients do, at random, and what of it is true because it was answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from kept.core.batches import BatchItem
from kept.core.booking import Appointment, AppointmentEvent, BookingRequest
from kept.core.errors import KeptError
from kept.core.intervals import Interval
from kept.core.notifications import SMS_THEN_EMAIL, Notification
from kept.core.people import ChannelName
from kept.core.receipts import IncomingReply
from kept.core.schedules import Role, Schedule
from kept.flow.booking import Change, apply, book, move
from kept.flow.people import ConsentWish, register, set_consent
from kept.flow.reminders import plan_batch
from kept.flow.replies import reply_step
from kept.ports.store import Transaction
from tests.faults.simulated.setting import HOUR, Person
from tests.faults.simulated.truth import BatchLine, Mark, Phase

if TYPE_CHECKING:
    from tests.faults.simulated.world import Month

PATIENTS_OF_ONE: Final = 6
"""So many patients have one doctor between them, so that visits get into each other's way."""
HALF_HOUR: Final = timedelta(minutes=30)
STOP_WORDS: Final = ("STOP", "stop", "Stop please", "UNSUBSCRIBE")
OTHER_WORDS: Final = ("C", "Yes, see you then!", "R", "what is this?", "YES")
WRONG_NUMBER: Final = "wrong number"
FRENCH: Final = "+33"


class Desk:
    """Everybody but the worker and the providers."""

    def __init__(self, world: Month) -> None:
        self._world = world
        self._chance = world.chance
        self._count = 0
        self._doctors = [f"dr-{n}" for n in range(max(2, len(world.setting.people) // PATIENTS_OF_ONE))]
        self._providers_listen = world.chance.random() < 0.5
        """Whether the provider, too, keeps a list of those who said stop."""
        self.replies: list[str] = []
        self._meant: tuple[Notification, ...] = ()
        self._acts: dict[Callable[[], None], int] = {
            self._book: 12,
            self._move: 4,
            self._cancel: 4,
            self._answer: 3,
            self._stop: 3,
            self._start: 2,
            self._opt_out: 2,
            self._opt_in: 1,
            self._batch: 2,
            self._arrive: 1,
            self._miss: 1,
            self._goes_bad: 1,
        }

    def open(self) -> None:
        """Write schedules and patients."""
        world = self._world
        for name in self._doctors:
            schedule = Schedule(id=name, role=Role.PRACTITIONER, name=name, place_id="")
            world.store.submit(partial(_written, schedule=schedule)).result()
        for person in world.setting.people:
            step = partial(_registered, person=person, now=world.clock.now())
            world.store.submit(step).result()

    def act(self) -> None:
        """Do one thing."""
        acts = self._acts if self._world.truth.phases else {self._book: 1}
        self._chance.choices(list(acts), list(acts.values()))[0]()

    def interrupt(self, about: tuple[Notification, ...] = ()) -> None:
        """
        Do something that comes between two steps of the worker.

        Args:
            about: The notifications that it is just about to write; their visits and people are meant then.
        """
        acts = [self._cancel, self._move, self._opt_out, self._stop_now]
        self._meant = about
        self._chance.choice(acts if about else [*acts, self._wait, self._wait])()
        self._meant = ()

    def heard(self, reply: IncomingReply, mark: Mark) -> None:
        """Note what is true once a reply has been applied; applied once more it changes nothing."""
        truth = self._world.truth
        if reply.id in truth.heard:
            return
        truth.heard.add(reply.id)
        ends_by_cancel = not reply.sender.startswith(FRENCH)  # where nothing is known of a number, the strictest law
        if reply.text in STOP_WORDS or (reply.text == "CANCEL" and ends_by_cancel):
            truth.says_no(reply.channel, reply.sender, mark)
        if reply.text == "START":
            truth.says_yes(reply.channel, reply.sender)
        if reply.text == WRONG_NUMBER:
            truth.ever_wrong.add((reply.channel, reply.sender))

    # ---- visits

    def _book(self) -> None:
        world, person = self._world, self._chance.choice(self._world.setting.people)
        self._count += 1
        zone = self._chance.choice(world.setting.zones)
        start = self._start_of_visit(zone)
        request = BookingRequest(
            patient_id=person.id,
            practitioner_id=self._chance.choice(self._doctors),
            start=start,
            end=start + HALF_HOUR,
            zone=zone,
            by="desk",
        )
        self._changed(partial(book, request=request, appointment_id=f"apt_{self._count}", now=world.clock.now()))

    def _move(self) -> None:
        phase = self._some_visit()
        if phase:
            zone = self._chance.choice(self._world.setting.zones)
            start = self._start_of_visit(zone)
            to = Interval(start=start, end=start + HALF_HOUR)
            change = Change(appointment_id=phase.visit, by="desk")
            self._changed(partial(move, change=change, to=to, zone=zone, now=self._world.clock.now()))

    def _cancel(self) -> None:
        self._happens(AppointmentEvent.CANCEL, "cancelled")

    def _arrive(self) -> None:
        self._happens(AppointmentEvent.CHECK_IN, "arrived")

    def _miss(self) -> None:
        self._happens(AppointmentEvent.NO_SHOW, "missed")

    def _changed(self, step: Callable[[Transaction], Appointment]) -> None:
        """Book or move, unless it is refused, and note what was answered."""
        try:
            made = self._world.store.submit(step).result()
        except KeptError:
            return
        self._world.truth.stands(
            Phase(
                visit=made.id,
                patient=made.patient_id,
                practitioner=made.practitioner_id or "",
                sequence=made.sequence,
                start=made.start,
                end=made.end,
                zone=made.zone,
                since=self._world.mark(),
            )
        )

    def _happens(self, event: AppointmentEvent, why: str) -> None:
        phase = self._some_visit()
        if phase is None:
            return
        change = Change(appointment_id=phase.visit, by="desk")
        step = partial(apply, change=change, event=event, now=self._world.clock.now())
        try:
            self._world.store.submit(step).result()
        except KeptError:
            return
        self._world.truth.ends(phase.visit, self._world.mark(), why)

    def _some_visit(self) -> Phase | None:
        live = self._world.truth.live()
        visits = {each.appointment_id for each in self._meant}
        live = [phase for phase in live if phase.visit in visits] or live
        return self._chance.choice(live) if live else None

    def _start_of_visit(self, zone: str) -> datetime:
        """Return a time to come, on a quarter of an hour by day; often at the hour at which quiet begins."""
        chance, now = self._chance, self._world.clock.now()
        hours = chance.choice([chance.uniform(1, 30), chance.uniform(20, 200)])
        day = (now + hours * HOUR).astimezone(ZoneInfo(zone)).date()
        quiet = self._world.setting.practice.quiet_hours
        wall = time(chance.randint(8, 18), chance.choice([0, 15, 30, 45]))
        if quiet and chance.random() < 0.3:
            begin = datetime.combine(day, quiet.begin) + timedelta(minutes=chance.randint(-6, 3))
            wall = begin.time()
        return datetime.combine(day, wall, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    # ---- what people allow, and write

    def _someone_with(self, channel: ChannelName) -> tuple[Person, str]:
        people = [p for p in self._world.setting.people if p.patient.address(channel)]
        meant = {each.patient_id for each in self._meant}
        people = [p for p in people if p.id in meant] or people
        person = self._chance.choice(people or self._world.setting.people)
        return person, person.patient.address(channel) or ""

    def _opt_out(self) -> None:
        self._wish(granted=False)

    def _opt_in(self) -> None:
        self._wish(granted=True)

    def _wish(self, *, granted: bool) -> None:
        """Let the desk note what somebody said, spelling addresses as it pleases."""
        channel = self._chance.choice(list(ChannelName))
        _, address = self._someone_with(channel)
        if not address:
            return
        spelt = self._chance.choice([address, address.upper(), address.lower()])
        wish = ConsentWish(channel=channel, granted=granted, source="desk")
        now = self._world.clock.now()
        step = partial(set_consent, address=spelt, wish=wish, by="desk", now=now)
        self._world.store.submit(step).result()
        if granted:
            self._world.truth.says_yes(channel, address)
        else:
            self._world.truth.says_no(channel, address, self._world.mark())

    def _answer(self) -> None:
        self._write(self._chance.choice([*OTHER_WORDS, WRONG_NUMBER, "CANCEL"]))

    def _stop(self) -> None:
        sender = self._write(self._chance.choice(STOP_WORDS))
        if self._providers_listen:
            self._world.carriers[ChannelName.SMS].stopped.add(sender)

    def _start(self) -> None:
        sender = self._write("START")
        self._world.carriers[ChannelName.SMS].stopped.discard(sender)

    def _write(self, text: str) -> str:
        """Let a person write, in answer to the last message or not; return the number."""
        reply = self._reply(text)
        if reply.sender:
            self.replies.append(reply.id)
            self._world.reply(reply)
        return reply.sender

    def _stop_now(self) -> None:
        """Let a person say stop, and have it applied at once by whoever takes the provider's calls."""
        reply = self._reply("STOP")
        if reply.sender:
            step = reply_step(self._world.store, reply, now=self._world.clock.now())
            self._world.store.submit(step).result()
            self.heard(reply, self._world.mark())

    def _reply(self, text: str) -> IncomingReply:
        carrier = self._world.carriers[ChannelName.SMS]
        _, sender = self._someone_with(ChannelName.SMS)
        got = [call.id for call in carrier.ledger if call.is_taken and call.message.to == sender]
        self._count += 1
        return IncomingReply(
            id=f"in-{self._count}",
            provider=carrier.provider,
            channel=ChannelName.SMS,
            sender=sender,
            recipient="+12065550100",
            text=text,
            answers_message_id=got[-1] if got and self._chance.random() < 0.7 else "",
            at=self._world.clock.now(),
        )

    def _goes_bad(self) -> None:
        channel = self._chance.choice(list(ChannelName))
        _, address = self._someone_with(channel)
        self._world.carriers[channel].bad.add(address.casefold())

    def _batch(self) -> None:
        """Let another system ask for messages at once."""
        world, now = self._world, self._world.clock.now()
        self._count += 1
        zone = self._chance.choice(world.setting.zones)
        people = self._chance.sample(world.setting.people, 3)
        items = tuple(
            BatchItem(
                patient_id=person.id,
                start=self._start_of_visit(zone),
                zone=zone,
                phone=person.patient.phone,
                email=(person.patient.email or "").upper() or None,
                plan=SMS_THEN_EMAIL,
            )
            for person in people
        )
        step = partial(plan_batch, items=items, batch_id=f"bat_{self._count}", now=now)
        for new_id, item in zip(world.store.submit(step).result(), items, strict=True):
            world.truth.batches[new_id] = BatchLine(
                patient=item.patient_id, start=item.start, zone=zone, phone=item.phone or "", email=item.email or ""
            )

    def _wait(self) -> None:
        """Let time go by."""
        self._world.wait(timedelta(seconds=self._chance.choice([0.2, 1, 10, 29, 31, 100])))


def _registered(tx: Transaction, person: Person, now: datetime) -> None:
    register(tx, person.patient, (), by="desk", now=now)


def _written(tx: Transaction, schedule: Schedule) -> None:
    tx.put(schedule)
