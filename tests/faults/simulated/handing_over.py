"""What is judged in the moment in which a message is handed to a provider: whether it may leave, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from kept.core.notifications import AttemptState, Notification, NotificationKind
from kept.core.people import ChannelName
from kept.core.receipts import notification_of
from kept.flow.due import backlog
from kept.flow.receipts import calls_to_apply
from tests.faults.simulated.carriers import Call
from tests.faults.simulated.setting import DAY, HOUR
from tests.faults.simulated.truth import BatchLine, Expected, Mark

if TYPE_CHECKING:
    from tests.faults.simulated.world import Month

ON_THE_WIRE: Final = timedelta(seconds=30)
"""How long after its commit a message may still begin to leave."""
LAST_CALL: Final = timedelta(minutes=15)
LONGEST_TTL: Final = 4 * HOUR
BEFORE_A_COPY: Final = timedelta(seconds=80)
"""An unknown is open for at least so long, unless there have been two, or the night begins."""
AT_NIGHTFALL: Final = timedelta(minutes=1)
"""So shortly before the night no text begins."""


class Handed(Mark, frozen=True, kw_only=True):
    """One handing-over, and all that is known of what it is for."""

    call: Call
    claim: Mark
    cleared: Mark
    expected: Expected | None
    line: BatchLine | None

    @property
    def is_answer(self) -> bool:
        """Whether it answers what somebody wrote, and so is about no visit."""
        return self.expected is None and self.line is None

    @property
    def patient(self) -> str:
        """Whom it is for."""
        return self.expected.phase.patient if self.expected else self.line.patient if self.line else ""

    @property
    def zone(self) -> str:
        """Of the place."""
        return self.expected.phase.zone if self.expected else self.line.zone if self.line else ""

    @property
    def start(self) -> datetime | None:
        """When the visit begins that it is about."""
        return self.expected.phase.start if self.expected else self.line.start if self.line else None


def clock_time(start: datetime, zone: str) -> str:
    """Return a time of day as messages in English write it."""
    local = start.astimezone(ZoneInfo(zone))
    return f"{local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'}"


class HandingOver:
    """Judges each handing-over in its moment."""

    def __init__(self, world: Month) -> None:
        self._world = world
        self._seen: set[str] = set()

    def begins(self, call: Call) -> None:
        """Note everything that is wrong with a message that begins to leave."""
        handed = self._handed(call)
        if handed is None:
            return
        always = (self._after_change, self._after_no)
        of_visits = (self._at_night, self._stale_words, self._too_long, self._fallback)
        for check in always if handed.is_answer else (*always, *of_visits):
            for what in check(handed):
                self._world.wrong(f"{what}: {call.message.attempt_id}")

    def drained(self) -> None:
        """Note what is still under way ten minutes after the last fault."""
        world = self._world
        waiting = backlog(world.store, now=world.clock.now())
        if waiting.due:
            world.wrong(f"I11 drains: {waiting.due} due since {waiting.oldest_at}")
        if calls_to_apply(world.store):
            world.wrong("I11 drains: calls of providers are not applied")
        for each in world.stored():
            for attempt in each.attempts:
                if attempt.state is AttemptState.SENDING:
                    world.wrong(f"I7 nothing stuck: {attempt.id} is being sent since {attempt.started_at}")

    def _handed(self, call: Call) -> Handed | None:
        """Return what a call is for; one that nobody asked for is wrong at once."""
        attempt_id, world = call.message.attempt_id, self._world
        key = notification_of(attempt_id)
        expected, line = world.truth.expected.get(key), world.truth.batches.get(key)
        if attempt_id in self._seen:
            world.wrong(f"I2 no extra: {attempt_id} was handed over twice")
        self._seen.add(attempt_id)
        if call.claim is None or call.cleared is None:
            world.wrong(f"on record first: {attempt_id} leaves before it is committed")
            return None
        if not (expected or line or self._is_answer(key)):
            world.wrong(f"not asked for: {attempt_id}")
            return None
        return Handed(
            serial=call.mark.serial,
            at=call.mark.at,
            call=call,
            claim=call.claim,
            cleared=call.cleared,
            expected=expected,
            line=line,
        )

    def _is_answer(self, notification_id: str) -> bool:
        stored = self._world.store.load(Notification, [notification_id])
        return bool(stored) and stored[0].about is NotificationKind.ANSWER

    # ---- one rule each

    def _after_change(self, handed: Handed) -> Iterator[str]:
        """I4: nothing begins after its visit was moved, cancelled or over."""
        if handed.expected:
            phase = handed.expected.phase
            is_about_the_end = handed.expected.about == phase.why
            if phase.until and phase.until.serial < handed.claim.serial and not is_about_the_end:
                yield f"I4 none after cancel or move: {phase.visit} was {phase.why} at step {phase.until.serial}"
            due, practice = handed.expected.due, self._world.setting.practice
            if due and handed.at < due - practice.merge_within - (DAY if practice.quiet_hours else timedelta(0)):
                yield f"I4 in time: due {due}"
        if handed.at > handed.claim.at + ON_THE_WIRE:
            yield f"I4 on the wire: committed {handed.claim.at}"

    def _after_no(self, handed: Handed) -> Iterator[str]:
        """I5: nothing begins after the address has said no, however it is spelt."""
        message = handed.call.message
        said = self._world.truth.nos.get((message.channel, message.to.casefold()))
        if said and said.serial < handed.cleared.serial:
            yield f"I5 none to opted-out: said no at step {said.serial}"

    def _at_night(self, handed: Handed) -> Iterator[str]:
        """I6: no text begins, or may still arrive, where it is night for the person."""
        quiet = self._world.setting.practice.quiet_hours
        message = handed.call.message
        if quiet is None or message.channel is not ChannelName.SMS:
            return
        for zone in self._world.setting.quiet_zones(self._world.person(handed.patient), handed.zone):
            local, last = handed.at.astimezone(zone), message.expires_at.astimezone(zone)
            if not quiet.end <= local.time() < quiet.begin:
                yield f"I6 none in quiet hours: it is {local:%H:%M} in {zone}"
            elif last.date() != local.date() or last.time() > quiet.begin:
                yield f"I6 none in quiet hours: may arrive until {last:%d %H:%M} in {zone}"

    def _is_dark(self, handed: Handed, last: Call) -> bool:
        """Tell whether a text could not be said again because the night begins."""
        quiet = self._world.setting.practice.quiet_hours
        if quiet is None or last.message.channel is not ChannelName.SMS:
            return False
        zones = self._world.setting.quiet_zones(self._world.person(handed.patient), handed.zone)
        soon = [(handed.at + AT_NIGHTFALL).astimezone(zone).time() for zone in zones]
        return any(not quiet.end <= local < quiet.begin for local in soon)

    def _stale_words(self, handed: Handed) -> Iterator[str]:
        """I4: the words name the time that is agreed, and the day as it is called when they are written."""
        if handed.start is None:
            return
        zone, text = ZoneInfo(handed.zone), handed.call.message.text
        local, said = handed.start.astimezone(zone), clock_time(handed.start, handed.zone)
        days = (local.date() - handed.claim.at.astimezone(zone).date()).days
        if said not in text or f"{local:%b} {local.day}" not in text.replace(f"{local:%B}", f"{local:%b}"):
            yield f"I4 no stale time: does not say {said}, {local:%b} {local.day}"
        if ("tomorrow" in text and days != 1) or ("today" in text and days != 0):
            yield f"I4 no stale time: the visit is in {days} days"

    def _too_long(self, handed: Handed) -> Iterator[str]:
        """I4: no provider may hold a message for longer than it is true."""
        expires, start = handed.call.message.expires_at, handed.start
        if expires > handed.claim.at + LONGEST_TTL:
            yield f"I4 time to live: until {expires}"
        if expires <= handed.at:
            yield f"I4 time to live: ended {expires}"
        is_reminder = handed.line is not None or (handed.expected is not None and handed.expected.rule is not None)
        if is_reminder and start and expires > start - LAST_CALL:
            yield f"I4 time to live: until {expires}, the visit is at {start}"

    def _fallback(self, handed: Handed) -> Iterator[str]:
        """I8: the next channel takes over when the one before is closed, and not while nobody knows."""
        plan = handed.expected.rule.plan if handed.expected and handed.expected.rule else None
        if plan is not None and len(plan) == 1:
            return
        key, channel = notification_of(handed.call.message.attempt_id), handed.call.message.channel
        other = next(c for c in self._world.carriers.values() if c.name is not channel)
        before = [c for c in other.ledger if notification_of(c.message.attempt_id) == key]
        if not before:
            return
        last, can = before[-1], other.capabilities
        closed = self._world.is_closed(last.message) or self._is_dark(handed, last)
        tries = sum(f"{last.key}.{number}" in self._world.claims for number in (1, 2, 3))
        is_open = last.is_unknown and tries == 1 and not can.lookup and not closed
        if is_open and not last.receipts and handed.at < last.mark.at + BEFORE_A_COPY:
            yield f"I8 fallback: {last.message.attempt_id} is unknown since {last.mark.at}"
        if last.said and not last.is_unknown and last.said.state is AttemptState.ACCEPTED and not can.receipts:
            yield f"I8 fallback: {last.message.attempt_id} was accepted"
