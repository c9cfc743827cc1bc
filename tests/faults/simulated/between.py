"""What comes in between the calls that one step makes to a store without locks, and what goes wrong with a call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from kept.core.notifications import Notification
from kept.core.people import ChannelName, Consent
from tests.faults.simulated.stores import Trouble, Written

if TYPE_CHECKING:
    from tests.faults.simulated.world import Month

SHORTEST_LEASE: Final = timedelta(seconds=60)


class Between:
    """The world as a store sees it."""

    def __init__(self, world: Month) -> None:
        self._world = world
        self._chance = world.chance
        self._scheme = world.scheme
        self._begun: dict[tuple[str, ChannelName, datetime], str] = {}
        """Attempts by notification, channel and beginning."""

    def true_now(self) -> datetime:
        """Return the time of all others, whatever the clock of the machine shows."""
        return self._world.true_now()

    def lag(self) -> timedelta:
        """Return by how much an index stays behind the next write."""
        if self._is_quiet() or len(self._scheme.lags) == 1:
            return timedelta(seconds=self._scheme.lags[0])
        return timedelta(seconds=self._chance.choice(self._scheme.lags))

    def before_read(self) -> None:
        """Let others come in between what a step has read and what it reads next; nobody dies there, or all would."""
        self._come_between(self._scheme.between / 10)

    def before_write(self, written: Written) -> None:
        """Let others come in between what a step has read and what it writes, more so when a message is to leave."""
        notifications = tuple(each for each in written if isinstance(each, Notification))
        begins = any(attempt.id not in self._world.claims for each in notifications for attempt in each.attempts)
        if self._world.is_working and self._scheme.between:
            self._world.perhaps_die()
        self._come_between(self._scheme.between * (2 if begins else 1), notifications)

    def landed(self, written: Written) -> None:
        """Note what is true from now on; the worker may die before it hears of it."""
        world = self._world
        for each in written:
            if isinstance(each, Notification):
                self._on_record(each)
            else:
                self._cleared(each)
        world.has_heard()
        if world.is_working and self._scheme.between:
            world.perhaps_die()

    def _on_record(self, notification: Notification) -> None:
        for attempt in notification.attempts:
            if attempt.id not in self._world.claims:
                self._world.claims[attempt.id] = self._world.mark()
                self._begun[notification.id, attempt.channel, attempt.started_at] = attempt.id

    def _cleared(self, address: Consent) -> None:
        """Note which attempts an address knows of from now on: what it says later comes after them."""
        for line in address.told:
            attempt_id = self._begun.get((line.notification_id, address.channel, line.at))
            if attempt_id and attempt_id not in self._world.cleared:
                self._world.cleared[attempt_id] = self._world.mark()

    def trouble(self, operation: str) -> Trouble | None:
        """Return what goes wrong with the next call to the store, if anything does."""
        if not self._scheme.faults or self._is_quiet() or self._chance.random() >= self._scheme.faults:
            return None
        if operation == "delete_item":  # unanswered, nobody can know whose it was; that the store says so has its test
            return Trouble.BUSY
        return self._chance.choice(list(Trouble))

    def _is_quiet(self) -> bool:
        return not self._world.is_open or self._world.is_calm

    def _come_between(self, likely: float, about: tuple[Notification, ...] = ()) -> None:
        """Let the worker meet the desk or another worker, and the desk the worker."""
        world = self._world
        if not likely or self._is_quiet() or world.is_aside:
            return
        if not world.is_working:
            if self._chance.random() < likely:
                world.work()
            return
        if self._chance.random() < likely:
            others: list[Callable[[], None]] = [partial(world.desk.interrupt, about), self._rival]
            with world.aside():
                self._chance.choice(others)()

    def _rival(self) -> None:
        """Let another worker do all that is due; where an end is not on record in time, it finds that nobody knows."""
        now = self._world.clock.now()
        for call in self._world.unsettled.values():
            call.is_unknown = call.is_unknown or now > call.mark.at + SHORTEST_LEASE
        self._world.new_worker().run_due()
