"""Killed after each commit and before each call to a provider, or overtaken: nothing is lost, nothing sent twice."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from kept.core.errors import StorageUnavailableError
from kept.core.notifications import AttemptState, Notification
from kept.core.people import ChannelName
from kept.entrypoints.aws_lambda.reminders import Reminders
from kept.ports.channel import OutgoingMessage
from tests.entrypoints.aws_lambda.test_reminders import Killed, practice
from tests.entrypoints.aws_lambda.world import CloudWorld, called, doubled, failed_in, from_queue
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import MAIL, SMS

VISITS = 4


class Fate:
    """Kills at one point among all commits and calls."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.passed = 0

    def __call__(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Killed


def mortal(at: int) -> tuple[CloudWorld, Fate]:
    """Return a world whose process dies at a point, and the queue of which it works."""
    store = BreakingStore()
    world = practice(VISITS, CloudWorld(store=store))
    world.new_sweep().run(called())
    fate = Fate(at)
    store.after_each_step = fate
    world.sms.before_sending = fate
    return world, fate


def lived_on(world: CloudWorld, fate: Fate, bodies: list[str], random: Random) -> None:
    """Deliver the messages again, and go on for an hour with processes that are new each minute."""
    fate.at = 0
    world.sender = world.new_sender()
    world.reminders.run(from_queue(*doubled(bodies, random)), called())

    def minute() -> None:
        world.sender = world.new_sender()
        world.new_sweep().run(called())
        world.reminders.run(from_queue(*doubled(world.queue.taken(), random)), called())

    world.minutes(60, minute)


def unknown(notification: Notification, channel: ChannelName) -> int:
    return sum(a.channel is channel and a.state is AttemptState.UNKNOWN for a in notification.attempts)


@pytest.mark.parametrize("at", range(1, 4 * VISITS + 2))
def test_a_process_that_is_killed_anywhere_loses_nothing_and_sends_twice_only_what_nobody_can_know(at: int) -> None:
    world, fate = mortal(at)
    bodies = world.queue.taken()

    try:
        world.reminders.run(from_queue(*bodies), called())
    except Killed:
        lived_on(world, fate, bodies, Random(at))

    ended = [world.notifications(number)[0] for number in range(1, VISITS + 1)]
    copies = world.copies()
    assert all(n.is_done for n in ended)
    for n in ended:
        assert sum(copies.get(f"{n.id}.{c}", 0) for c in (SMS, MAIL)) >= 1
        assert copies.get(f"{n.id}.{SMS}", 0) <= 1 + unknown(n, SMS)


def test_the_points_of_death_are_all_there_are() -> None:
    world, fate = mortal(0)

    world.reminders.run(from_queue(*world.queue.taken()), called())

    assert fate.passed == 3 * VISITS + 1


@pytest.mark.parametrize("seed", range(10))
def test_two_processes_that_work_on_the_same_messages_send_each_once(seed: int) -> None:
    random = Random(seed)
    world = practice(8)
    world.new_sweep().run(called())
    bodies = world.queue.taken()
    other = Reminders(world.store, world.new_sender(), clock=world.clock, queue=None)
    cuts: list[Callable[[], object]] = []

    def meanwhile(_: OutgoingMessage) -> None:
        if cuts:
            cuts.pop()()

    cuts.append(lambda: other.run(from_queue(*doubled(bodies, random)), called()))
    world.sms.before_sending = meanwhile
    world.reminders.run(from_queue(*doubled(bodies, random)), called())

    assert set(world.copies().values()) == {1}
    assert len(world.sms.sent) == 8


def test_a_heartbeat_that_cannot_be_written_costs_no_message() -> None:
    store = BreakingStore()
    world = practice(1, CloudWorld(store=store))
    world.new_sweep().run(called())
    steps = iter(range(3))

    def refuse() -> None:
        if next(steps) == 1:
            store.refuse_all(StorageUnavailableError("full"))

    store.after_each_step = refuse

    answer = world.reminders.run(from_queue(*world.queue.taken()), called())

    assert failed_in(answer) == []
    assert len(world.sms.sent) == 1
