"""What must hold at the end of a month, by the providers' ledgers and by what was answered, each in a function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kept.core.booking import Appointment
from kept.core.notifications import AttemptState, Notification, NotificationKind, Outcome, Reason
from kept.core.people import ChannelName
from kept.core.receipts import FailureClass, ReceiptState, notification_of
from tests.faults.practice import double_bookings
from tests.faults.simulated.carriers import Call
from tests.faults.simulated.handing_over import clock_time
from tests.faults.simulated.setting import DAY
from tests.faults.simulated.truth import Expected, Phase
from tests.faults.simulated.world import Month

WEEK: Final = timedelta(days=7)
SLACK: Final = timedelta(minutes=10)
TRIES: Final = 3
_FIRM: Final = {FailureClass.PERMANENT, FailureClass.LANDLINE}
_TAKEN: Final = {Outcome.ACCEPTED, Outcome.DELIVERED}


class Evidence:
    """The ledgers and the records of one month, by notification."""

    def __init__(self, month: Month) -> None:
        self.month = month
        self.truth = month.truth
        self.stored = {n.id: n for n in month.stored()}
        self.calls: dict[str, list[Call]] = defaultdict(list)
        for carrier in month.carriers.values():
            for call in carrier.ledger:
                self.calls[notification_of(call.message.attempt_id)].append(call)

    def phase(self, notification: Notification) -> Phase | None:
        """Return the time of a visit that a notification is about."""
        expected = self.truth.expected.get(notification.id)
        return expected.phase if expected else None

    def told_by(self, notification: Notification) -> list[Call]:
        """Return the calls that told what a notification says: its own, else those that may have spoken for it."""
        own = self.calls[notification.id]
        within = self.month.setting.practice.merge_within
        if own or not within:
            return own
        numbers = {address for _, address in self.addresses(notification)}
        since, until = notification.due_at - within - DAY, notification.deadline_at + DAY
        ledger = self.month.carriers[ChannelName.SMS].ledger
        return [c for c in ledger if c.message.to in numbers and since <= c.mark.at <= until]

    def answers(self, notification: Notification, *states: AttemptState) -> int:
        """Return how often a provider has answered so."""
        said = [c.said for c in self.told_by(notification)]
        return sum(outcome is not None and outcome.state in states for outcome in said)

    def never_left(self, notification: Notification) -> int:
        """Return how many attempts were committed and never came to a provider: their worker died, or was too slow."""
        came = {c.message.attempt_id for c in self.calls[notification.id]}
        return sum(a.id not in came for a in notification.attempts)

    def tries(self, notification: Notification) -> int:
        """Return how many attempts were not taken, as far as anybody could know."""
        calls = self.calls[notification.id]
        return (
            self.answers(notification, AttemptState.NOT_SENT)
            + sum(c.is_unknown for c in calls)
            + self.never_left(notification)
        )

    def addresses(self, notification: Notification) -> list[tuple[ChannelName, str]]:
        """Return where a notification could go to."""
        patient = self.month.person(notification.patient_id).patient
        both = [(c, notification.addresses.get(c) or patient.address(c) or "") for c in ChannelName]
        planned = {c for stage in notification.plan for c in stage}
        return [(c, address.casefold()) for c, address in both if address and c in planned]

    def was_down(self, notification: Notification) -> bool:
        """Tell whether, while a notification was of use, no worker ran, a provider failed, or the clock was wrong."""
        times = [*self.month.down, *self.month.failing]
        since, until = notification.due_at - SLACK, notification.deadline_at + SLACK
        return any(begin < until and since < end for begin, end in times)

    def has_trouble(self, notification: Notification) -> bool:
        """Tell whether anything at all stood in the way of a notification that was begun."""
        calls = self.told_by(notification)
        return any(c.said is None or c.is_unknown or c.said.state is not AttemptState.ACCEPTED for c in calls)


# ---- I1


def lost(evidence: Evidence) -> Iterator[str]:
    """I1: every reminder that was due was taken by a provider, or stands with a reason that happened."""
    for new_id, expected in evidence.truth.expected.items():
        if new_id not in evidence.stored:
            yield f"I1 none lost: {_named(expected)} was never planned"
    for each in evidence.stored.values():
        taken = any(c.is_taken for c in evidence.calls[each.id])
        if each.outcome in _TAKEN and not taken:
            yield f"I1 none lost: {each.id} counts as {each.outcome}, and no provider has it"
        if each.outcome is not None and each.outcome not in _TAKEN and not _happened(evidence, each):
            yield f"I1 none lost: {each.id} ({each.rule}) ended {each.outcome} because {each.reason}"


def _happened(evidence: Evidence, each: Notification) -> bool:
    """Tell whether the reason that a notification gives is one that happened."""
    why = WHY.get(each.reason) if each.reason else None
    return why is not None and why(evidence, each)


def _ended(*whys: str) -> Callable[[Evidence, Notification], bool]:
    def happened(evidence: Evidence, each: Notification) -> bool:
        phases = evidence.truth.phases.get(each.appointment_id or "", [])
        return any(phase.why in whys for phase in phases)

    return happened


def _inside(evidence: Evidence, each: Notification) -> bool:
    expected = evidence.truth.expected.get(each.id)
    return expected is not None and expected.due is not None and expected.due <= each.planned_at


def _late(evidence: Evidence, each: Notification) -> bool:
    """Late is what no worker was there for, what failed for too long, or what was planned too late already."""
    was_short = each.deadline_at <= each.planned_at + SLACK or each.deadline_at <= each.due_at + SLACK
    return was_short or evidence.was_down(each) or evidence.has_trouble(each)


def _no_contact(evidence: Evidence, each: Notification) -> bool:
    return not evidence.addresses(each) or _closed_elsewhere(evidence, each)


def _closed_elsewhere(evidence: Evidence, each: Notification) -> bool:
    """Tell whether every address of a notification was given up at some time, for one reason or another."""
    return all(_is_given_up(evidence, address) for address in evidence.addresses(each))


def _is_given_up(evidence: Evidence, address: tuple[ChannelName, str]) -> bool:
    """Tell whether somebody, the person or the provider, ever spoke against an address."""
    channel, spelt = address
    carrier, truth = evidence.month.carriers[channel], evidence.truth
    calls = [c for c in carrier.ledger if c.message.to.casefold() == spelt]
    was_told = any(r.failure is not None for c in calls for r in c.receipts)
    was_refused = any(c.said is not None and c.said.code == "opted_out" for c in calls)
    return address in truth.ever_no or address in truth.ever_wrong or was_told or was_refused


def _opted_out(evidence: Evidence, each: Notification) -> bool:
    return any(_is_given_up(evidence, address) for address in evidence.addresses(each))


def _capped(evidence: Evidence, each: Notification) -> bool:
    """Tell whether the person has got, or at least begun to get, other texts within a week."""
    others = [
        c
        for c in evidence.month.carriers[ChannelName.SMS].ledger
        if notification_of(c.message.attempt_id) != each.id and abs(c.mark.at - (each.done_at or c.mark.at)) < 2 * WEEK
    ]
    return evidence.month.setting.practice.caps is not None and bool(others)


def _answered(*states: AttemptState, times: int = 1) -> Callable[[Evidence, Notification], bool]:
    return lambda evidence, each: evidence.answers(each, *states) >= times


def _unknown(evidence: Evidence, each: Notification) -> bool:
    is_unheard = any(c.is_unknown or c.said is None for c in evidence.told_by(each))
    return is_unheard or evidence.never_left(each) > 0


def _exhausted(evidence: Evidence, each: Notification) -> bool:
    """Tell whether it was tried often enough, or the provider wished the next try for a time that is too late."""
    waits = [(c.mark.at, c.said.retry_after_s or 0) for c in evidence.told_by(each) if c.said]
    is_put_off = any(
        at + timedelta(seconds=min(wish, DAY.total_seconds())) + SLACK > each.deadline_at for at, wish in waits
    )
    return evidence.tries(each) >= TRIES or is_put_off


def _unavailable(evidence: Evidence, each: Notification) -> bool:
    """Tell whether a provider has failed others at about the same time: it is then left in peace for a while."""
    calls = [c for channel, _ in evidence.addresses(each) for c in evidence.month.carriers[channel].ledger]
    around = [c for c in calls if each.due_at - DAY < c.mark.at < each.deadline_at]
    return any(c.is_unknown or c.said is None or c.said.state is AttemptState.NOT_SENT for c in around)


def _merged(evidence: Evidence, each: Notification) -> bool:
    """Tell whether another message was taken that names this visit's time too, and none of its own."""
    phase = evidence.phase(each)
    taken = [c for c in evidence.calls[each.said_in] if c.is_taken]
    own = any(c.is_taken for c in evidence.calls[each.id])
    return phase is not None and not own and any(clock_time(phase.start, phase.zone) in c.message.text for c in taken)


def _has_quiet_hours(evidence: Evidence, _each: Notification) -> bool:
    return evidence.month.setting.practice.quiet_hours is not None


WHY: Final[Mapping[Reason, Callable[[Evidence, Notification], bool]]] = {
    Reason.APPOINTMENT_CANCELLED: _ended("cancelled"),
    Reason.APPOINTMENT_MOVED: _ended("moved"),
    Reason.APPOINTMENT_NOT_LIVE: _ended("arrived", "missed"),
    Reason.BOOKED_INSIDE_LEAD: _inside,
    Reason.TOLD_THAT_DAY: _has_quiet_hours,
    Reason.QUIET_HOURS: _has_quiet_hours,
    Reason.CAPPED: _capped,
    Reason.LATE: _late,
    Reason.DEADLINE_PASSED: _late,
    Reason.NO_CONTACT: _no_contact,
    Reason.OPTED_OUT: _opted_out,
    Reason.UNUSABLE: _opted_out,
    Reason.REFUSED: _answered(AttemptState.REFUSED),
    Reason.TRIES_EXHAUSTED: _exhausted,
    Reason.PROVIDER_UNAVAILABLE: _unavailable,
    Reason.OUTCOME_UNKNOWN: _unknown,
    Reason.NO_RECEIPT: _answered(AttemptState.ACCEPTED),
    Reason.MERGED: _merged,
    Reason.UNDELIVERED: lambda evidence, each: any(c.receipts for c in evidence.told_by(each)),
}
"""When a reason is true. One that is not listed is never true here: nothing is ever missing, or cannot be worded."""


# ---- I2, I3, I7


def extra(evidence: Evidence) -> Iterator[str]:
    """I2: a provider took one copy, or two when one attempt ended so that nobody could know."""
    for calls in evidence.calls.values():
        for key in {call.key for call in calls}:
            copies = sum(c.is_taken for c in calls if c.key == key)
            unknown = sum(c.is_unknown or c.said is None for c in calls if c.key == key)
            if copies > 1 + min(1, unknown):
                yield f"I2 no extra: {copies} copies of {key} after {unknown} unknown attempts"


def double(evidence: Evidence) -> Iterator[str]:
    """I3: no two live visits of one person or practitioner overlap, now or when the second was answered."""
    ids = list(evidence.truth.phases)
    pairs = double_bookings(evidence.month.store.load(Appointment, ids))
    yield from (f"I3 no double booking: {pair}" for pair in [*evidence.truth.collisions, *pairs])


def stuck(evidence: Evidence) -> Iterator[str]:
    """I7 and I11: at the end nothing is under way or waits, and every reply has been applied."""
    for each in evidence.stored.values():
        if not each.is_done:
            yield f"I7 nothing stuck: {each.id} is {each.state}, to be looked at {each.wake_at}"
    unheard = set(evidence.month.desk.replies) - evidence.truth.heard
    if unheard:
        yield f"I11 drains: {len(unheard)} replies were never applied"


# ---- I8


def backwards(evidence: Evidence) -> Iterator[str]:
    """I8: what is known of a message only gets firmer, whatever order the receipts came in."""
    for each in evidence.stored.values():
        told = {c.message.attempt_id: c for c in evidence.calls[each.id]}
        for attempt in each.attempts:
            call = told.get(attempt.id)
            is_shared = any(c.is_copy for c in evidence.calls[each.id])
            allowed = _states(call) if call and not is_shared else None
            if allowed and attempt.state not in allowed:
                heard = [(r.state.value, r.failure and r.failure.value) for r in call.receipts] if call else []
                yield f"I8 forward only: {attempt.id} is {attempt.state} after {heard}"


def _states(call: Call) -> set[AttemptState] | None:
    """Return in which states an attempt may be, given what its provider said; None: the answer is lost."""
    is_matched = bool(call.receipts and call.receipts[0].attempt_id)
    is_answered = call.said is not None and call.said.state is AttemptState.ACCEPTED and not call.is_unknown
    if not is_answered and not is_matched:
        return None
    failures = {r.failure for r in call.receipts if r.state is ReceiptState.FAILED}
    states = {r.state for r in call.receipts}
    if failures & _FIRM:
        return {AttemptState.UNDELIVERED}
    if ReceiptState.DELIVERED in states:
        return {AttemptState.DELIVERED}
    if failures:
        return {AttemptState.UNDELIVERED}
    return {AttemptState.ACCEPTED} if is_answered else None


# ---- I13


def too_many(evidence: Evidence) -> Iterator[str]:
    """I13: nobody gets more texts than the practice allows, on one day and in seven."""
    caps = evidence.month.setting.practice.caps
    if caps is None:
        return
    for person in evidence.month.setting.people:
        texts = _texts(evidence, person.id)
        for at, zone in texts:
            day = at.astimezone(zone).date()
            today = [t for t, _ in texts if t <= at and t.astimezone(zone).date() == day]
            week = [t for t, _ in texts if at - WEEK + _wrong_by(evidence) < t <= at]
            if len(today) > caps.per_day:
                yield f"I13 cap: {person.id} got {len(today)} texts on {day}"
            if len(week) > caps.per_week:
                yield f"I13 cap: {person.id} got {len(week)} texts in the seven days until {at}"


def _texts(evidence: Evidence, patient_id: str) -> list[tuple[datetime, ZoneInfo]]:
    """Return when a person got texts, copies not counted, and in which zone their day began."""
    first: dict[str, tuple[datetime, ZoneInfo]] = {}
    for call in evidence.month.carriers[ChannelName.SMS].ledger:
        stored = evidence.stored.get(notification_of(call.message.attempt_id))
        if stored is None or stored.patient_id != patient_id or not call.is_taken:
            continue
        if stored.about is not NotificationKind.ANSWER:
            first.setdefault(call.key, (call.mark.at, _zone_of_days(evidence, stored)))
    return sorted(first.values(), key=lambda text: text[0])


def _zone_of_days(evidence: Evidence, stored: Notification) -> ZoneInfo:
    own = evidence.month.person(stored.patient_id).patient.zone
    phase, line = evidence.phase(stored), evidence.truth.batches.get(stored.id)
    return ZoneInfo(own or (phase.zone if phase else line.zone if line else evidence.month.setting.practice.zone))


def _wrong_by(evidence: Evidence) -> timedelta:
    """Return by how much the clock of the machine was ever put wrong."""
    return sum((abs(drift) for drift in evidence.month.drifts), timedelta(0))


def _named(expected: Expected) -> str:
    return f"{expected.about} of {expected.phase.visit} at {expected.phase.start}"


def problems_of(month: Month) -> list[str]:
    """Return everything that is wrong with a month: what was seen at once, and what shows at its end."""
    evidence = Evidence(month)
    checks = (lost, extra, double, stuck, backwards, too_many)
    late = [f"{what} [seed {month.seed}, at the end]" for check in checks for what in check(evidence)]
    return month.problems + late
