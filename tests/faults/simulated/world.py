"""The month itself: the real steps and the real worker over a store in memory, from one event to the next."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from kept.adapters.clock import SimulatedClock
from kept.core.conversation import Reply
from kept.core.notifications import AttemptState, Notification
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, IncomingReply
from kept.entrypoints.worker import CallReaders, Dispatcher, InlineExecutor
from kept.entrypoints.worker.steps import Turn
from kept.flow.due import next_due
from kept.flow.receipts import keep_call, received
from kept.flow.replies import reply_step
from kept.flow.search import notifications_of
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Store, Transaction
from kept.ports.webhook import WebhookRequest
from tests.faults.simulated.carriers import Call, FakeCarrier, drawn_troubles
from tests.faults.simulated.desk import Desk
from tests.faults.simulated.handing_over import HandingOver
from tests.faults.simulated.setting import DAY, HOUR, Person, Scheme, drawn_setting
from tests.faults.simulated.surroundings import DiedError, ErrorMeter, Said, SaidReader, WatchedStore
from tests.faults.simulated.truth import Mark, Truth

OUTAGES: Final = (0.01, 0.2, 3.0, 9.0, 48.0)
"""Hours for which no worker runs."""
JUMPS: Final = (timedelta(minutes=1), 3 * HOUR, DAY, -timedelta(minutes=1), -2 * HOUR)


class Month:
    """One seed's run."""

    def __init__(self, seed: int, scheme: Scheme) -> None:
        self.seed = seed
        self.chance = chance = random.Random(seed)
        self.scheme = scheme
        self.setting = setting = drawn_setting(chance, scheme)
        self.end = setting.begin + scheme.days * DAY
        self.clock = SimulatedClock(setting.begin)
        self.drift = timedelta(0)
        """How far the clock of the machine is ahead of the time of all others."""
        self.drifts: list[timedelta] = []
        self.down: list[tuple[datetime, datetime]] = []
        """When no worker ran, on the clock of the machine."""
        self.failing: list[tuple[datetime, datetime]] = []
        """When a provider took nothing, as nearly as the clock of the machine can tell."""
        self.is_calm = False
        self.problems: list[str] = []
        self.truth = Truth(setting.practice)
        self.store = WatchedStore()
        self.carriers = {name: FakeCarrier(name, self) for name in ChannelName}
        self.judge = HandingOver(self)
        self.desk = Desk(self)
        self.claims: dict[str, Mark] = {}
        self._serial = 0
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._steps_left = 0
        self._is_working = False
        self._is_woken = False
        """Whether a provider has called since the worker last looked."""
        self._is_aside = 0
        """How deep we are in things that happen between two steps of the worker."""
        self._unsettled: dict[str, Call] = {}
        self.worker: Dispatcher | None = None

    # ---- running

    def run(self) -> list[str]:
        """Live through it; return what was wrong at once, each with its step."""
        self.store.submit(lambda tx: tx.put(self.setting.practice)).result()
        self.desk.open()
        self._draw_what_happens()
        self.store.before, self.store.after = self._before_step, self._after_step
        self.worker = self._new_worker()
        self._live_until(self.end)
        self._calm_down()
        self._live_until(self.end + 10 * timedelta(minutes=1) + HOUR / 12)
        self.judge.drained()
        self._live_until(None)
        return self.problems

    def true_now(self) -> datetime:
        """Return the time of all others, whatever the clock of the machine shows."""
        return self.clock.now() - self.drift

    def mark(self) -> Mark:
        """Return a new mark."""
        self._serial += 1
        return Mark(serial=self._serial, at=self.clock.now())

    def wrong(self, what: str) -> None:
        """Note a broken promise."""
        self.problems.append(f"{what} [seed {self.seed}, step {self._serial}, {self.clock.now():%m-%d %H:%M:%S}]")

    def at(self, instant: datetime, event: Callable[[], None]) -> None:
        """Let something happen at a true time."""
        self._serial += 1
        heapq.heappush(self._events, (instant, self._serial, event))

    def stored(self) -> tuple[Notification, ...]:
        """Return all notifications as they stand."""
        return tuple(n for person in self.setting.people for n in notifications_of(self.store, person.id))

    def person(self, patient_id: str) -> Person:
        """Return a patient."""
        return self.setting.people[int(patient_id.removeprefix("pat_"))]

    def is_closed(self, message: OutgoingMessage) -> bool:
        """Tell whether an address may not or cannot be used any more."""
        key = (message.channel, message.to.casefold())
        carrier = self.carriers[message.channel]
        return key in self.truth.ever_no or key in self.truth.ever_wrong or key[1] in carrier.stopped | carrier.bad

    def wait(self, by: timedelta) -> None:
        """Let time go by between two steps of the worker."""
        self._reach(self.true_now() + by)

    def _live_until(self, end: datetime | None) -> None:
        """Go from one event to the next; without an end, until nothing is left."""
        while True:
            due = next_due(self.store, after=self.clock.now()) if self.worker else None
            times = [due - self.drift] if due else []
            times += [self._events[0][0]] if self._events else []
            if not times or (end is not None and min(times) > end):
                break
            self._reach(min(times))
            self._work()
        if end is not None and self.true_now() < end:
            self._reach(end)
            self._work()

    def _reach(self, instant: datetime) -> None:
        """Put the clock to a true time, and let everything happen that happens until then."""
        while self._events and self._events[0][0] <= instant:
            at, _, event = heapq.heappop(self._events)
            self._set_true(at)
            event()
        self._set_true(instant)

    def _set_true(self, instant: datetime) -> None:
        if instant > self.true_now():
            self.clock.set(instant + self.drift)

    def _work(self) -> None:
        """Let the worker do what is due, unless it dies."""
        self._is_working = self._is_woken = True
        try:
            while self.worker and self._is_woken:
                self._is_woken = False
                self.worker.run_due()
        except DiedError:
            self._dies()
        finally:
            self._is_working = False

    # ---- what goes wrong

    def _draw_what_happens(self) -> None:
        chance, scheme, begin = self.chance, self.scheme, self.setting.begin
        for carrier in self.carriers.values():
            carrier.troubles = drawn_troubles(chance, begin, scheme.days)
            self.failing += [(trouble.begin - DAY, trouble.end + DAY) for trouble in carrier.troubles]
        for _ in range(scheme.acts):
            self.at(begin + chance.uniform(0, scheme.days - 1) * DAY, self.desk.act)
        for _ in range(chance.choice([0, 1, 3])):
            self.at(begin + chance.uniform(0, scheme.days) * DAY, self._fall_out)
        if scheme.outage:
            self.at(begin + scheme.days * DAY / 3, partial(self._fall_out, scheme.outage))
        for _ in range(chance.choice([0, 2, 6])):
            self.at(begin + chance.uniform(0, scheme.days) * DAY, self._is_to_die)
        jumps = scheme.jumps or chance.choice([(), (), (), tuple(chance.sample(JUMPS, 2))])
        for jump in jumps:
            self.at(begin + chance.uniform(0, scheme.days) * DAY, partial(self._jump, jump))

    def _fall_out(self, lasts: timedelta | None = None) -> None:
        """Let no worker run for a while."""
        self.worker = None
        lasts = lasts or self.chance.choice(OUTAGES) * HOUR
        self.at(self.true_now() + lasts, partial(self._restart, self.clock.now()))

    def _restart(self, down_since: datetime) -> None:
        """Start a new worker, as whoever looks after the machine does."""
        self.down.append((down_since, self.clock.now()))
        self.worker = self._new_worker()

    def _is_to_die(self) -> None:
        self._steps_left = self.chance.randint(1, 12)

    def _dies(self) -> None:
        """Drop the worker; whatever it was doing has no end that anybody knows."""
        self._nobody_can_know()
        self._steps_left = 0
        self._fall_out()

    def _nobody_can_know(self) -> None:
        """Note of all calls whose end is not on record yet that it will not be there before their leases end."""
        for call in self._unsettled.values():
            call.is_unknown = True
        self._unsettled.clear()

    def _jump(self, by: timedelta) -> None:
        """Let somebody put the clock of the machine forward or back."""
        self.drift += by
        self.drifts.append(by)
        self.down.append((self.clock.now() - abs(by), self.clock.now() + abs(by)))
        self.clock.advance(by)

    def _calm_down(self) -> None:
        """End all faults."""
        self.is_calm = True
        self._steps_left = 0
        for carrier in self.carriers.values():
            carrier.troubles.clear()
        self.worker = self.worker or self._new_worker()
        self._work()

    def _new_worker(self) -> Dispatcher:
        readers = {c.provider: SaidReader(c.provider) for c in self.carriers.values()}
        return Dispatcher(
            self.store,
            self.carriers,
            clock=self.clock,
            meter=ErrorMeter(self.wrong),
            pool=InlineExecutor(),
            max_in_flight=self.chance.choice([1, 4, 16]),
            readers=CallReaders(readers, on_reply=self._on_reply),
            record_pauses_s=(),
        )

    # ---- between two steps

    def _before_step(self) -> None:
        if self._is_working and not self._is_aside:
            self._perhaps_die()
            self._perhaps_interrupt()

    def _after_step(self, result: object) -> None:
        self._is_woken = self._is_woken or self._is_aside > 0  # as every commit of others wakes the worker
        if isinstance(result, Turn):
            self._watch(result)
        if self._is_working and not self._is_aside:
            self._perhaps_interrupt()
            self._perhaps_die()

    def _watch(self, turn: Turn) -> None:
        """Note which attempts are committed from now on, and which have come to an end on record."""
        for handover in turn.claimed.handovers:
            self.claims[handover.ref.attempt_id] = self.mark()
        if turn.claimed.notification and not turn.claimed.handovers:
            for attempt in turn.claimed.notification.attempts:
                if attempt.state is not AttemptState.SENDING:
                    self._unsettled.pop(attempt.id, None)

    def _perhaps_die(self) -> None:
        if self._steps_left and not self._is_aside:
            self._steps_left -= 1
            if not self._steps_left:
                raise DiedError

    def _perhaps_interrupt(self) -> None:
        if not self.is_calm and not self._is_aside and self.chance.random() < self.scheme.interruptions:
            with self._aside():
                self.desk.interrupt()

    # ---- what providers see of the world

    def claim_of(self, attempt_id: str) -> Mark | None:
        """Return when the attempt was committed."""
        return self.claims.get(attempt_id)

    def begins(self, call: Call) -> None:
        """Judge a message in the moment in which it is handed over; the worker may die just before."""
        self._unsettled[call.message.attempt_id] = call
        self._perhaps_die()
        self.judge.begins(call)

    def ends(self, call: Call) -> None:
        """Let the worker die, if it has to, or something happen before it hears how it ended."""
        self._perhaps_die()
        self._perhaps_interrupt()

    def pass_time(self, by: timedelta, *, with_other: bool = False) -> None:
        """Let time go by while a call is under way, perhaps with another worker on the same store."""
        if self._is_aside:
            return
        with self._aside():
            if with_other:
                self._nobody_can_know()
            end = self.true_now() + by
            other = self._new_worker() if with_other else None
            while other and (due := next_due(self.store, after=self.clock.now())) and due - self.drift <= end:
                self._reach(due - self.drift)
                other.run_due()
            self._reach(end)

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Do something between two steps of the worker, during which nothing else comes in between."""
        self._is_aside += 1
        try:
            yield
        finally:
            self._is_aside -= 1

    def post(self, receipt: DeliveryReceipt, call: Call, delay: timedelta) -> None:
        """Bring a receipt, later; without delay it is there before the answer to the sending."""
        if delay:
            self.at(self.true_now() + delay, partial(self._bring, receipt, call))
        else:
            self._bring(receipt, call)

    def reply(self, reply: IncomingReply) -> None:
        """Bring what a person wrote."""
        self._call(reply.provider, Said(replies=(reply,)))

    def _bring(self, receipt: DeliveryReceipt, call: Call) -> None:
        call.receipts.append(receipt)
        self._call(receipt.provider, Said(receipts=(receipt,)))

    def _call(self, provider: str, said: Said) -> None:
        """Let a provider call: the call is kept and answered, and applied by the worker."""
        number = self.mark().serial
        url = f"https://kept.example/webhooks/{provider}?n={number}"
        request = WebhookRequest(url=url, headers={}, body=msgspec.json.encode(said), received_at=self.clock.now())
        call = received(provider, request, headers={})
        with self._aside():
            self.store.submit(partial(keep_call, call=call)).result()
        self._is_woken = True

    def _on_reply(self, store: Store, reply: IncomingReply, *, now: datetime) -> Callable[[Transaction], Reply]:
        step = reply_step(store, reply, now=now)

        def watched(tx: Transaction) -> Reply:
            done = step(tx)
            self.desk.heard(reply, self.mark())
            return done

        return watched


def lived(seed: int, scheme: Scheme) -> Month:
    """Return a month that has been lived through, with its problems."""
    month = Month(seed, scheme)
    month.run()
    return month
