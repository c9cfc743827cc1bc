"""Read and write what the practice is set up with."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kept.core.practice import PRACTICE_ID, Practice, PracticeSetup
from kept.core.schedules import Role, Schedule
from kept.ports.store import Store, Transaction

_PAGE = 500


def save_practice(tx: Transaction, setup: PracticeSetup) -> PracticeSetup:
    """
    Write the practice and the schedules given; what is stored of them before is replaced.

    A stored schedule that is not given stays, because visits may be booked on it, and so do the practice's own texts,
    which are written one by one. Appointments and planned messages stay as they are: new hours and reminders count for
    what is booked from now on.

    Returns:
        What was written, with its versions.
    """
    known = tx.get(Practice, PRACTICE_ID)
    kept = known or Practice()
    practice = tx.put(
        msgspec.structs.replace(setup.practice, id=PRACTICE_ID, version=kept.version, own_texts=kept.own_texts)
    )
    schedules = tuple(_saved(tx, schedule) for schedule in setup.schedules)
    return PracticeSetup(practice=practice, schedules=schedules)


def load_practice(store: Store) -> PracticeSetup:
    """Return what the practice is set up with, schedules by role and name; the plain defaults of a fresh folder."""
    practice = next(iter(store.load(Practice, (PRACTICE_ID,))), None) or Practice()
    schedules = [s for role in (Role.PRACTITIONER, Role.ROOM, Role.DEVICE) for s in _of_role(store, role)]
    return PracticeSetup(practice=practice, schedules=tuple(schedules))


def _saved(tx: Transaction, schedule: Schedule) -> Schedule:
    known = tx.get(Schedule, schedule.id)
    return tx.put(msgspec.structs.replace(schedule, version=known.version if known else 0))


def _of_role(store: Store, role: Role) -> Iterator[Schedule]:
    cursor = None
    while True:
        page = store.query("schedules_by_role", role.value, limit=_PAGE, cursor=cursor)
        yield from store.load(Schedule, [hit.id for hit in page.hits])
        cursor = page.cursor
        if cursor is None:
            return
