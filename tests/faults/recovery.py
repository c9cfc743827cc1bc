"""Start the program again on what a dead one has left, go on to the end, and judge."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec

from kept.core.booking import Appointment
from kept.core.notifications import AttemptState, Notification
from kept.core.people import Consent, consent_id
from kept.flow.search import notifications_of
from kept.ports.store import Store
from tests.faults.checks import Evidence, problems
from tests.faults.history import Answered, History
from tests.faults.mail_server import mails_taken
from tests.faults.outside import taken_by_outbox
from tests.faults.scenario import PATIENTS, Do, Op, scenario
from tests.faults.traps import Trap
from tests.faults.world import Run, World


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a run."""

    problems: tuple[str, ...] = ()
    was_killed: bool = True
    passed: int = 0
    """How often the point was passed by a program that was not killed."""
    messages: int = 0
    """How many messages providers took, over both lives."""
    copies: int = 0
    """How many of these were second copies."""


def judged(run: Run, history: History, doubt: Answered | None, done: int, *, is_gentle: bool) -> Verdict:
    """
    Return the verdict.

    Args:
        run: The same folder, and the time at which the first life ended.
        history: What the first life answered.
        doubt: What it had begun and not answered.
        done: How much of the scenario was begun; the rest is done now.
        is_gentle: Whether the first life was told to end, and so must have left nothing under way.
    """
    world = World(run, Trap(), lambda _: None)
    found_wrong = history.disagreements(_appointments(world.store, run.seed), doubt)
    found_wrong += _opt_outs_gone(world.store, history, doubt)
    if is_gentle:
        found_wrong += [f"released: {n.id} was left under way" for n in _notifications(world.store) if is_open(n)]
    ended_before = {n.id: n for n in _notifications(world.store) if n.is_done}
    for op in _rest(run.seed, doubt, done):
        at = world.pass_a_second()
        history.add(Answered(op=op, answer=world.do(op), at=at))
        world.pass_a_second()
    world.finish()
    lines = taken_by_outbox(world.ledger) + mails_taken(Path(run.folder) / "mail.jsonl")
    evidence = Evidence(
        history=history,
        lines=lines,
        notifications={n.id: n for n in _notifications(world.store)},
        ended_before=ended_before,
        appointments=tuple(_appointments(world.store, run.seed).values()),
        may_be_unknown=bool(run.mail_port),
    )
    accepted = [line.dedupe_key for line in lines if line.is_accepted]
    return Verdict(
        problems=tuple(found_wrong + problems(evidence, world.store)),
        messages=len(accepted),
        copies=len(accepted) - len(set(accepted)),
    )


def is_open(notification: Notification) -> bool:
    """Tell whether a message is being handed over, as far as is on record."""
    return any(a.state is AttemptState.SENDING for a in notification.attempts)


def _rest(seed: int, doubt: Answered | None, done: int) -> list[Op]:
    """Return what is still to be done; half of the clients without an answer try again."""
    retried = [doubt.op] if doubt and random.Random(seed).random() < 0.5 else []
    return [*retried, *scenario(seed)[done:]]


def _opt_outs_gone(store: Store, history: History, doubt: Answered | None) -> list[str]:
    """Return the opt-outs that were answered and are not stored; adopt the one in doubt, if it is stored."""
    if doubt and doubt.op.do is Do.OPT_OUT:
        address = PATIENTS[doubt.op.patient].address(doubt.op.channel) or ""
        if any(not c.granted for c in store.load(Consent, [consent_id(doubt.op.channel, address)])):
            history.opted_out(doubt.op, doubt.at)
    gone = []
    for no in history.opt_outs:
        spellings = [p.address(no.channel) or "" for p in PATIENTS]
        ids = [consent_id(no.channel, text) for text in spellings if text.casefold() == no.address]
        if not any(not c.granted for c in store.load(Consent, ids)):
            gone.append(f"acknowledged is durable: the opt-out of {no.address} is gone")
    return gone


def _appointments(store: Store, seed: int) -> dict[str, Appointment]:
    ids = {op.appointment for op in scenario(seed) if op.do is Do.BOOK}
    return {a.id: a for a in store.load(Appointment, sorted(ids))}


def _notifications(store: Store) -> list[Notification]:
    return [n for patient in PATIENTS for n in notifications_of(store, patient.id)]
