"""What comes in between the calls that one step makes to a store without locks, and what goes wrong with a call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.simulated.stores import Trouble, Written

if TYPE_CHECKING:
    from tests.faults.simulated.world import Month


class Between:
    """The world as a store sees it."""

    def __init__(self, world: Month) -> None:
        self._world = world
        self._chance = world.chance
        self._scheme = world.scheme

    def true_now(self) -> datetime:
        """Return the time of all others, whatever the clock of the machine shows."""
        return self._world.true_now()

    def lag(self) -> timedelta:
        """Return by how much an index stays behind the next write."""
        if self._is_quiet() or len(self._scheme.lags) == 1:
            return timedelta(seconds=self._scheme.lags[0])
        return timedelta(seconds=self._chance.choice(self._scheme.lags))

    def before_read(self) -> None:
        """Let others come in between what a step has read and what it reads next, or let the worker die there."""
        self._come_between(self._scheme.between / 10)

    def before_write(self, written: tuple[Written, ...]) -> None:
        """Let others come in between what a step has read and what it writes, more so when a message is to leave."""
        claims = self._world.claims
        begins = any(attempt.id not in claims for each in written for attempt in each.attempts)
        self._come_between(self._scheme.between * (2 if begins else 1), written)

    def landed(self, written: tuple[Written, ...]) -> None:
        """Note what is true from now on; the worker may die before it hears of it."""
        world = self._world
        for attempt_id in (attempt.id for each in written for attempt in each.attempts):
            if attempt_id not in world.claims:
                world.claims[attempt_id] = world.mark()
        world.has_heard()
        if world.is_working and self._scheme.between:
            world.perhaps_die()

    def trouble(self, operation: str) -> Trouble | None:
        """Return what goes wrong with the next call to the store, if anything does."""
        if not self._scheme.faults or self._is_quiet() or self._chance.random() >= self._scheme.faults:
            return None
        if operation == "delete_item":  # unanswered, nobody can know whose it was; that the store says so has its test
            return Trouble.BUSY
        return self._chance.choice(list(Trouble))

    def _is_quiet(self) -> bool:
        return not self._world.is_open or self._world.is_calm

    def _come_between(self, likely: float, written: tuple[Written, ...] = ()) -> None:
        """Let the worker meet the desk or another worker, and the desk the worker."""
        world = self._world
        if not likely or self._is_quiet() or world.is_aside:
            return
        if not world.is_working:
            if self._chance.random() < likely:
                world.work()
            return
        world.perhaps_die()
        if self._chance.random() < likely:
            others: list[Callable[[], None]] = [partial(world.desk.interrupt, written), self._rival]
            with world.aside():
                self._chance.choice(others)()

    def _rival(self) -> None:
        """Let another worker do all that is due."""
        self._world.new_worker().run_due()
