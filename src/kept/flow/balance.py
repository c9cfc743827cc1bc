"""Go through what is stored, page by page, and find what is not accounted for or contradicts itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from kept.core.balance import (
    NIGHTLY_ID,
    Account,
    Finding,
    FindingKind,
    Nightly,
    account_of,
    contradictions,
    missing,
    not_listed,
    superseded,
)
from kept.core.booking import REMINDABLE, Appointment, sort_instant
from kept.core.intervals import Interval, utc_days
from kept.core.notifications import Notification, due_shards
from kept.core.practice import Practice
from kept.core.reminders import planned_reminders
from kept.core.worklist import WorklistItem, item_for_unreached
from kept.core.zones import whole_day, zone_named
from kept.flow.practice import load_practice
from kept.ports.store import E, Store, Transaction

MOST_SHOWN: Final = 100
"""Findings of one kind that are named; the others are counted. They have one cause, as a rule."""
MOST_EXAMPLES: Final = 10
"""Findings that the nightly check keeps."""
_PAGE: Final = 500
_DAY: Final = timedelta(days=1)
_SHARDS: Final = due_shards()

Progress = Callable[[float], None]
"""Told how much is done, from 0 to 1."""


class DayAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The account of one day at one place."""

    day: date
    """Of the practice's calendar, by when things were due."""
    place: str
    """Id of the place; empty for visits without one, and for messages about no visit."""
    account: Account


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What a check has found."""

    days: tuple[DayAccount, ...]
    total: Account
    findings: tuple[Finding, ...]
    """At most 100 of a kind."""
    found: dict[FindingKind, int]
    """How many of each kind."""
    visits: int
    """Visits to come that were looked at."""

    @property
    def balances(self) -> bool:
        """Whether all is accounted for and nothing contradicts itself."""
        return not self.found and self.total.balances


class Check:
    """
    One run of the check.

    It reads while others write, so it reads in an order in which they cannot mislead it: a visit before its reminders,
    and a reminder before its item on the worklist.

    Args:
        store: What is checked.
        first: First day, on the calendar of the practice.
        last: Last day, included.
        now: The one reading of the clock.
        on_progress: Told how far it has come.
    """

    def __init__(
        self, store: Store, first: date, last: date, *, now: datetime, on_progress: Progress = lambda _: None
    ) -> None:
        self._store = store
        self._practice = load_practice(store).practice
        self._now = now
        self._days = [first + _DAY * n for n in range((last - first).days + 1)]
        zone = zone_named(self._practice.zone)
        self._range = Interval(start=whole_day(first, zone).start, end=whole_day(last, zone).end)
        to_come = range(-1, self._practice.horizon.days + 2)
        self._to_come = [now.date() + _DAY * n for n in to_come]
        """Every day on which a visit to come may be, in whatever zone its place lies."""
        self._on_progress = on_progress
        self._done = 0
        self._accounts: dict[tuple[date, str], Account] = defaultdict(Account)
        self._findings: list[Finding] = []
        self._found: Counter[FindingKind] = Counter()
        self._visits = 0

    def run(self) -> Balance:
        """Look at the days asked for, at what is due, and at every visit to come."""
        for day in self._days:
            self._check_day(day)
            self._step()
        for shard in _SHARDS:
            for page in _pages(self._store, Notification, "notifications_due", shard, within=(None, self._now)):
                self._note(f for n in page if not self._is_in_range(n) for f in contradictions(n, now=self._now))
            self._step()
        for day in self._to_come:
            for visits in _pages(self._store, Appointment, "appointments_by_day", day.isoformat()):
                self._check_visits(tuple(v for v in visits if v.start > self._now))
            self._step()
        total = Account()
        for account in self._accounts.values():
            total = total.plus(account)
        days = tuple(DayAccount(day=d, place=p, account=self._accounts[d, p]) for d, p in sorted(self._accounts))
        return Balance(
            days=days, total=total, findings=tuple(self._findings), found=dict(self._found), visits=self._visits
        )

    def _check_day(self, day: date) -> None:
        times = whole_day(day, zone_named(self._practice.zone))
        for partition in utc_days(times):
            where = ("notifications_by_day", partition.isoformat())
            pages = _pages(self._store, Notification, *where, within=(times.start, times.end))
            for page in pages:
                self._account(day, page)
                self._note(f for n in page for f in contradictions(n, now=self._now))

    def _account(self, day: date, page: tuple[Notification, ...]) -> None:
        visits = {n.appointment_id for n in page if n.appointment_id}
        places = {v.id: v.place_id or "" for v in self._store.load(Appointment, sorted(visits))}
        by_place: dict[str, list[Notification]] = defaultdict(list)
        for notification in page:
            by_place[places.get(notification.appointment_id or "", "")].append(notification)
        for place, notifications in by_place.items():
            self._accounts[day, place] = self._accounts[day, place].plus(account_of(notifications))

    def _check_visits(self, visits: tuple[Appointment, ...]) -> None:
        """Look at some visits to come: do they have their reminders, and were people told of what reached nobody?"""
        self._visits += len(visits)
        ids = [i for v in visits for i in v.notification_ids]
        stored = {n.id: n for n in self._store.load(Notification, ids)}
        for visit in visits:
            own = {i: stored[i] for i in visit.notification_ids if i in stored}
            for findings in self._of_one(visit, own):
                self._note(findings)
        self._check_listed(visits, stored)

    def _check_listed(self, visits: tuple[Appointment, ...], stored: Mapping[str, Notification]) -> None:
        """Look whether every reminder that reached nobody has its item on the worklist, open or closed."""
        own = ((v, stored[i]) for v in visits for i in v.notification_ids if i in stored)
        wanted = {n.id: item.id for v, n in own if (item := item_for_unreached(n, v, now=self._now))}
        listed = {item.id for item in self._store.load(WorklistItem, sorted(set(wanted.values())))} if wanted else set()
        self._note(not_listed(stored[i]) for i, item_id in wanted.items() if item_id not in listed)

    def _of_one(self, visit: Appointment, own: Mapping[str, Notification]) -> Iterator[Iterator[Finding]]:
        if visit.status in REMINDABLE:
            yield iter(missing(visit, _wanted(visit, self._practice), own))
        for notification in own.values():
            finding = superseded(notification, visit)
            yield iter((finding,) if finding else ())
            if not self._was_seen(notification):
                yield contradictions(notification, now=self._now)

    def _is_in_range(self, notification: Notification) -> bool:
        return self._range.start <= notification.due_at < self._range.end

    def _was_seen(self, notification: Notification) -> bool:
        """Tell whether it was looked at already, by its day or because it is due."""
        stands_at = notification.stands_at
        return self._is_in_range(notification) or (stands_at is not None and stands_at < self._now)

    def _note(self, findings: Iterator[Finding]) -> None:
        for finding in findings:
            self._found[finding.about] += 1
            if self._found[finding.about] <= MOST_SHOWN:
                self._findings.append(finding)

    def _step(self) -> None:
        self._done += 1
        self._on_progress(self._done / (len(self._days) + len(_SHARDS) + len(self._to_come)))


def nightly_of(store: Store, *, now: datetime) -> Nightly:
    """Return what a check of yesterday, of what is due and of all visits to come finds."""
    yesterday = now.astimezone(zone_named(load_practice(store).practice.zone)).date() - _DAY
    found = Check(store, yesterday, yesterday, now=now).run()
    counts = {about.value: count for about, count in found.found.items()}
    return Nightly(checked_at=now, found=counts, examples=found.findings[:MOST_EXAMPLES])


def keep_nightly(tx: Transaction, nightly: Nightly) -> Nightly:
    """Write what the check by night found over what it found before."""
    known = tx.get(Nightly, NIGHTLY_ID)
    return tx.put(msgspec.structs.replace(nightly, version=known.version if known else 0))


def load_nightly(store: Store) -> Nightly | None:
    """Return what the last check by night found, or None before the first one."""
    return next(iter(store.load(Nightly, (NIGHTLY_ID,))), None)


def _wanted(visit: Appointment, practice: Practice) -> frozenset[str]:
    """Return the ids of the reminders that a visit's policy plans."""
    policy = practice.policy_for(visit.visit_type_id)
    return frozenset(n.id for n in planned_reminders(visit, policy, now=visit.updated_at))


def _pages(
    store: Store,
    kind: type[E],
    index: str,
    partition: str,
    *,
    within: tuple[datetime | None, datetime | None] = (None, None),
) -> Iterator[tuple[E, ...]]:
    """Yield what stands in one partition of an index, page by page, so that memory holds one page."""
    after, before = (sort_instant(edge) if edge else None for edge in within)
    cursor = None
    while True:
        page = store.query(index, partition, after=after, before=before, limit=_PAGE, cursor=cursor)
        yield store.load(kind, [hit.id for hit in page.hits])
        cursor = page.cursor
        if cursor is None:
            return
