"""
What stands before each channel: its provider may rest, its rate may be used up, it may have its share of the threads.

A gate is asked inside the step that claims, and told there what came of it, so that one notification at a time is
decided on. Whoever must wait long is put back once, with a turn of its own; whoever must wait a moment is not written
at all.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
import structlog

from kept.core.channels import Carrier
from kept.core.dispatch import NOT_LET_IN
from kept.core.notifications import SendOutcome
from kept.core.people import ChannelName
from kept.core.reports import Metric
from kept.entrypoints.worker.breaker import PROBE_EVERY, Breaker, Turning
from kept.entrypoints.worker.pace import Mark, Pace
from kept.flow.dispatch import Claimed
from kept.ports.meter import Meter

SHORT: Final = timedelta(seconds=1)
"""Up to here a wait is kept in memory and not written. Ours."""
RETURNING: Final = 50.0
"""How many a second come back to a provider without a rate when it has rested. Ours: enough, and no flood."""
LONGEST_PAUSE_S: Final = 3_600.0
"""How long a provider may tell us to wait with everything."""
PROBE_LOOK: Final = timedelta(seconds=2)
"""How soon others look again while one message is tried. Ours."""
PROBE_NEAR: Final = timedelta(seconds=5)
"""Who comes so shortly before one is tried waits for that. Ours."""
LONGEST_HOLD: Final = timedelta(minutes=5)
"""How long those that are not tried wait at most before they look again; at first a minute. Ours."""

log = structlog.get_logger("kept.worker")


class Why(StrEnum):
    """Why something is held back."""

    BREAKER = "breaker"
    PAUSE = "pause"
    RATE = "rate"
    ROOM = "room"


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """Not now."""

    why: Why
    until: datetime
    is_short: bool = False
    """Whether it may be waited for in memory alone."""
    is_probe: bool = False
    """Whether it is to be tried then, whatever turn it has."""


class NotYetError(Exception):
    """Nothing was claimed: a channel that would be used takes nothing just now."""

    def __init__(self, channel: ChannelName, hold: Hold) -> None:
        super().__init__(hold.why.value)
        self.channel = channel
        self.hold = hold


class Gate:
    """
    One channel's.

    Args:
        name: Whose.
        carrier: Who takes its messages.
        rate: Messages a second; None: as many as there are.
        room: How many may be under way at once; None: any number.
        meter: Counts.
    """

    def __init__(
        self, name: ChannelName, carrier: Carrier, *, rate: float | None, room: int | None, meter: Meter
    ) -> None:
        self.name = name
        self.carrier = carrier
        self.breaker = Breaker()
        self._has_rate = rate is not None
        self._pace = Pace(rate or RETURNING)
        self._room = room
        self._meter = meter
        self._paused_until: datetime | None = None
        self._probe = ""
        self._told_probe: datetime | None = None
        """The last time of a try for which somebody was told to come."""
        self._under_way: set[str] = set()
        self._show(is_open=False)

    @property
    def free(self) -> int | None:
        """How many more may be under way; None: any number."""
        return None if self._room is None else max(0, self._room - len(self._under_way))

    def mark(self, notification_id: str) -> Mark:
        """Return how the pace stands."""
        return self._pace.mark(notification_id)

    def hold(self, notification_id: str, *, now: datetime) -> Hold | None:
        """Return why a message may not begin now, or None, and then its place is taken."""
        rest = self._rest(now)
        if rest:
            return rest if rest.is_short or rest.is_probe else self._after(rest, notification_id, now)
        if self.breaker.probe_at is not None and self._probe not in {"", notification_id}:
            return Hold(why=Why.BREAKER, until=now + PROBE_LOOK, is_short=True)
        if self.free == 0 and notification_id not in self._under_way:
            return Hold(why=Why.ROOM, until=now, is_short=True)
        return self._turn(notification_id, now) if self._has_rate else None

    def take(self, notification_id: str, *, now: datetime) -> None:
        """Let a message through."""
        self._under_way.add(notification_id)
        if self.breaker.probe_at is not None:
            self._probe = notification_id
            self.breaker.probe_at = now + PROBE_EVERY

    def take_back(self, mark: Mark, *, comes_again: bool = False) -> None:
        """Take back what was given to a message that does not go this way, or not yet."""
        self._pace.take_back(mark, comes_again=comes_again)

    def count_held(self, why: Why) -> None:
        """Count one that was put back."""
        provider, channel = self._labels
        self._meter.count(Metric.HELD, why=why.value, provider=provider, channel=channel)

    def may_call(self, notification_id: str) -> bool:
        """Tell whether a message that was let through may still be handed over."""
        return self.breaker.probe_at is None or self._probe == notification_id

    def ended(self, outcome: SendOutcome, *, now: datetime) -> None:
        """Learn from how a handing-over ended."""
        if outcome.retry_after_s is not None:
            self._pause(outcome.retry_after_s, now)
        provider, channel = self._labels
        opened_at = self.breaker.opened_at
        turning = self.breaker.hear(outcome, now=now)
        if turning is Turning.OPENED:
            self._told_probe = None
            self._meter.count(Metric.BREAKER_OPENS, provider=provider, channel=channel)
            code = self.breaker.code
            log.error("provider_rests", provider=provider, channel=channel, code=code, remedy=_remedy(code))
        elif turning is Turning.CLOSED and opened_at:
            seconds = round((now - opened_at).total_seconds())
            log.warning("provider_is_back", provider=provider, channel=channel, seconds=seconds)
        if turning:
            self._show(is_open=turning is Turning.OPENED)

    def let_go(self, notification_id: str) -> None:
        """Let another take the place of a message."""
        self._under_way.discard(notification_id)
        if self._probe == notification_id:
            self._probe = ""

    def forget(self) -> None:
        """Forget all instants: the clock was set."""
        self._pace.forget()
        self._paused_until = self._told_probe = None

    @property
    def _labels(self) -> tuple[str, str]:
        return self.carrier.provider, self.name.value

    def _show(self, *, is_open: bool) -> None:
        provider, channel = self._labels
        self._meter.gauge(Metric.BREAKER_OPEN, int(is_open), provider=provider, channel=channel)

    def _pause(self, seconds: float, now: datetime) -> None:
        wish = now + timedelta(seconds=min(max(seconds, 0.0), LONGEST_PAUSE_S))
        if self._paused_until is None or self._paused_until <= now:
            remedy = "it said so itself; if that happens often, lower the rate of this channel"
            provider, channel = self._labels
            log.warning("provider_pauses", provider=provider, channel=channel, seconds=round(seconds), remedy=remedy)
        self._paused_until = max(self._paused_until or wish, wish)

    def _rest(self, now: datetime) -> Hold | None:
        """Return why and until when the provider is left alone, or None."""
        if self._paused_until is not None and self._paused_until <= now:
            self._paused_until = None
        if self._paused_until:
            return Hold(why=Why.PAUSE, until=self._paused_until)
        probe_at = self.breaker.rests_until(now) if not self._probe else None
        return self._until_tried(probe_at, now) if probe_at else None

    def _until_tried(self, probe_at: datetime, now: datetime) -> Hold:
        """Tell the first to come when one is to be tried, one each; the others between, later the longer it lasts."""
        if probe_at <= now + PROBE_NEAR:
            return Hold(why=Why.BREAKER, until=probe_at, is_short=True)
        mine = probe_at if self._told_probe is None else max(probe_at, self._told_probe + PROBE_EVERY)
        if mine <= now + LONGEST_HOLD:
            self._told_probe = mine
            return Hold(why=Why.BREAKER, until=mine, is_probe=True)
        so_far = now - (self.breaker.opened_at or now)
        least = now + min(max(so_far, PROBE_EVERY), LONGEST_HOLD)
        between = probe_at - PROBE_EVERY / 2
        return Hold(why=Why.BREAKER, until=between + math.ceil((least - between) / PROBE_EVERY) * PROBE_EVERY)

    def _after(self, rest: Hold, notification_id: str, now: datetime) -> Hold:
        """Return the hold with a turn of its own after the rest, so that not all come back at once."""
        return Hold(why=rest.why, until=self._pace.turn(notification_id, now=now, not_before=rest.until))

    def _turn(self, notification_id: str, now: datetime) -> Hold | None:
        is_tried = self.breaker.probe_at is not None
        turn = now if is_tried else self._pace.turn(notification_id, now=now)
        if turn > now:
            return Hold(why=Why.RATE, until=turn, is_short=turn <= now + SHORT)
        late = self._pace.leave(notification_id, now=now)
        return Hold(why=Why.RATE, until=late, is_short=True) if late else None


class Passage:
    """
    The gates as one claim meets them.

    Args:
        gates: All of them.
        notification_id: Who is to pass.
        now: The one reading of the clock.
        keeps_short: Whether short waits are kept in memory, because somebody is there when they end.
    """

    def __init__(
        self, gates: Mapping[ChannelName, Gate], notification_id: str, *, now: datetime, keeps_short: bool
    ) -> None:
        self._gates = gates
        self._id = notification_id
        self._now = now
        self._keeps_short = keeps_short
        self._marks = {name: gate.mark(notification_id) for name, gate in gates.items()}
        holds = {name: gate.hold(notification_id, now=now) for name, gate in gates.items()}
        self._holds = {name: hold for name, hold in holds.items() if hold}

    def carriers(self) -> dict[ChannelName, Carrier]:
        """Return what the claim needs to know; who waits a moment only is not told of, and must not begin."""
        return {name: self._carrier(name, gate) for name, gate in self._gates.items()}

    def settle(self, claimed: Claimed) -> None:
        """
        Take what the claim has used, and give back the rest.

        Raises:
            NotYetError: it would begin what must wait a moment; nothing of it may be kept.
        """
        used = {handover.message.channel for handover in claimed.handovers}
        short = next((name for name in used if self._is_short(name)), None)
        if short:
            self._return_all_but(short)
            raise NotYetError(short, self._holds[short])
        for name, gate in self._gates.items():
            if name in used:
                gate.take(self._id, now=self._now)
            elif self._waits_for(name, claimed):
                gate.count_held(self._holds[name].why)
            else:
                gate.take_back(self._marks[name])

    def _carrier(self, name: ChannelName, gate: Gate) -> Carrier:
        hold = self._holds.get(name)
        if hold is None or self._is_short(name):
            return gate.carrier
        return msgspec.structs.replace(gate.carrier, held_until=hold.until)

    def _waits_for(self, name: ChannelName, claimed: Claimed) -> bool:
        hold, seen = self._holds.get(name), claimed.notification
        return bool(hold and seen and seen.wake_at == hold.until)

    def _is_short(self, name: ChannelName) -> bool:
        hold = self._holds.get(name)
        return hold is not None and (hold.why is Why.ROOM or (hold.is_short and self._keeps_short))

    def _return_all_but(self, kept: ChannelName) -> None:
        for name, gate in self._gates.items():
            if name is not kept:
                gate.take_back(self._marks[name], comes_again=True)


class Gates:
    """
    All gates. Asked from the store's thread, told from those that send.

    Args:
        carriers: Who takes each channel's messages.
        rates: Messages a second, for channels that have a limit.
        room: How many of one channel may be under way at once, when there are others.
        meter: Counts.
    """

    def __init__(
        self, carriers: Mapping[ChannelName, Carrier], rates: Mapping[ChannelName, float], *, room: int, meter: Meter
    ) -> None:
        self.keeps_short = False
        """Whether somebody is there when a short wait ends, so that it need not be written."""
        share = room if len(carriers) > 1 else None
        self._lock = threading.Lock()
        self._gates = {
            name: Gate(name, carrier, rate=rates.get(name), room=share, meter=meter)
            for name, carrier in carriers.items()
        }

    def passed(self, notification_id: str, *, now: datetime) -> Passage:
        """Return the gates as they stand for one claim."""
        with self._lock:
            return Passage(self._gates, notification_id, now=now, keeps_short=self.keeps_short)

    def settle(self, passage: Passage, claimed: Claimed) -> None:
        """
        Take what a claim has used.

        Raises:
            NotYetError: it must wait a moment.
        """
        with self._lock:
            passage.settle(claimed)

    def may_call(self, channel: ChannelName, notification_id: str) -> bool:
        """Tell whether a message that was let through may still be handed over."""
        with self._lock:
            return self._gates[channel].may_call(notification_id)

    def ended(self, channel: ChannelName, notification_id: str, outcome: SendOutcome, *, now: datetime) -> None:
        """Learn from how a handing-over ended."""
        with self._lock:
            gate = self._gates[channel]
            gate.ended(outcome, now=now)
            gate.let_go(notification_id)

    def let_go(self, notification_id: str) -> None:
        """Let others take the places of a notification that goes no further for now."""
        with self._lock:
            for gate in self._gates.values():
                gate.let_go(notification_id)

    def free(self, channel: ChannelName) -> int | None:
        """Return how many more of a channel may be under way; None: any number."""
        with self._lock:
            return self._gates[channel].free

    def resting(self) -> tuple[str, ...]:
        """Return the providers that are left alone, for people to read."""
        with self._lock:
            return tuple(
                f"{gate.carrier.provider} ({name.value}: {gate.breaker.code})"
                for name, gate in self._gates.items()
                if gate.breaker.probe_at is not None
            )

    def forget(self) -> None:
        """Forget all instants: the clock was set."""
        with self._lock:
            for gate in self._gates.values():
                gate.forget()


def _remedy(code: str) -> str:
    if code == NOT_LET_IN:
        return "its credentials are missing, wrong or spent: put them right and start anew; nothing is lost meanwhile"
    return "see whether it is reachable from here; one message a minute tries, the others wait or go another way"
