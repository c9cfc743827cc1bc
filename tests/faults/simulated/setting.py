"""What a seed draws before anything happens: where the practice is, its rules, its patients, and what goes wrong."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.leads import Lead
from kept.core.limits import Caps
from kept.core.notices import TELLABLE
from kept.core.notifications import BOTH_AT_ONCE, SMS_THEN_EMAIL, Stages
from kept.core.people import ChannelName, Patient
from kept.core.practice import Practice
from kept.core.quiet_hours import QuietHours
from kept.core.reminders import InsideLead, ReminderPolicy, ReminderRule

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
EMAIL_THEN_SMS: Final[Stages] = ((ChannelName.EMAIL,), (ChannelName.SMS,))


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of run it is."""

    days: int = 30
    acts: int = 60
    """Things that the desk and the patients do in that time, about."""
    interruptions: float = 0.0
    """How likely it is that something happens between two steps of the worker."""
    between: float = 0.0
    """How likely it is that something happens between what a step has read and what it writes; a tenth between reads.

    A store that locks lets nothing in there.
    """
    lags: tuple[float, ...] = (0.0,)
    """Seconds, one of which an index stays behind each write."""
    faults: float = 0.0
    """How likely it is that the store takes a call only at a second try, or loses its answer."""
    answers_replies: bool = False
    """Whether the practice writes back to who has written something that nobody understands."""
    people: int = 0
    """How many patients; 0: six to twelve."""
    outage: timedelta | None = None
    """For how long no worker runs in the middle; None: as the seed draws it."""
    jumps: tuple[timedelta, ...] = ()
    """By how much the clock of the machine is put forward or back, once each; empty: as the seed draws it."""


MONTH: Final = Scheme()
RACES: Final = Scheme(days=3, acts=24, interruptions=0.1)
LAGS: Final = (0.0, 0.0, 0.0, 0.05, 1.0, 30.0)
MONTH_BETWEEN: Final = Scheme(between=0.02, lags=LAGS, faults=0.02, answers_replies=True)
RACES_BETWEEN: Final = Scheme(
    days=3, acts=24, interruptions=0.05, between=0.2, lags=LAGS, faults=0.02, answers_replies=True
)
BETWEEN: Final = {MONTH: MONTH_BETWEEN, RACES: RACES_BETWEEN}
"""For a store that locks nothing: there others come in between the reads and the write of one step, too."""


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """Two zones of one practice, a change of whose clocks lies in the month."""

    near: str
    far: str
    changes: tuple[str, ...]
    """Dates."""
    prefixes: tuple[tuple[str, str], ...]
    """How numbers begin, and the zone that they tell; empty: none."""


_BRITISH: Final = ("+447700900", "")
_PARISIAN: Final = ("+33199001", "")
_NEW_YORK: Final = ("+12125550", "America/New_York")
_SEATTLE: Final = ("+12065550", "America/Los_Angeles")

REGIONS: Final = (
    Region(
        near="America/New_York",
        far="America/Los_Angeles",
        changes=("2026-03-08", "2026-11-01"),
        prefixes=(_NEW_YORK, _SEATTLE),
    ),
    Region(
        near="America/Los_Angeles", far="America/Phoenix", changes=("2027-03-14", "2026-11-01"), prefixes=(_SEATTLE,)
    ),
    Region(
        near="Europe/London", far="Europe/Paris", changes=("2026-03-29", "2026-10-25"), prefixes=(_BRITISH, _NEW_YORK)
    ),
    Region(
        near="Australia/Sydney", far="Australia/Brisbane", changes=("2026-04-05", "2026-10-04"), prefixes=(_BRITISH,)
    ),
    Region(near="Pacific/Auckland", far="Pacific/Chatham", changes=("2026-04-05", "2026-09-27"), prefixes=(_BRITISH,)),
    Region(near="America/Santiago", far="America/Lima", changes=("2026-04-05", "2026-09-06"), prefixes=(_BRITISH,)),
    Region(near="Africa/Cairo", far="Asia/Amman", changes=("2026-04-24", "2026-10-30"), prefixes=(_BRITISH,)),
    Region(near="Africa/Casablanca", far="Europe/Madrid", changes=("2026-02-15", "2026-03-22"), prefixes=(_BRITISH,)),
    Region(near="Europe/Paris", far="UTC", changes=("2026-03-29",), prefixes=(_BRITISH, _PARISIAN)),
)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as the test knows them."""

    patient: Patient
    number_zone: str
    """Where the number is at home; empty: it does not tell."""

    @property
    def id(self) -> str:
        """Their id."""
        return self.patient.id


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is drawn beforehand."""

    begin: datetime
    practice: Practice
    people: tuple[Person, ...]
    zones: tuple[str, str]
    """Of the two places."""

    def quiet_zones(self, person: Person, place: str) -> tuple[ZoneInfo, ...]:
        """Return every zone in which it must not be night when this person gets a text."""
        names = {person.patient.zone or place, person.number_zone or person.patient.zone or place}
        return tuple(ZoneInfo(name) for name in names)


def drawn_setting(chance: random.Random, scheme: Scheme) -> Setting:
    """Return what a seed draws."""
    region = chance.choice(REGIONS)
    change = datetime.fromisoformat(chance.choice(region.changes)).replace(tzinfo=UTC)
    begin = change - chance.uniform(0.2, 0.9) * scheme.days * DAY
    begin = begin.replace(minute=chance.randrange(60), second=chance.randrange(60), microsecond=0)
    practice = Practice(
        name="Elm Clinic",
        phone="206-555-0100",
        zone=region.near,
        policies=(_policy(chance),),
        quiet_hours=_quiet_hours(chance),
        caps=chance.choice([None, Caps(), Caps(per_day=2, per_week=4)]),
        notices=chance.choice([(), TELLABLE]),
        merge_within=chance.choice([0, 0, 3]) * HOUR,
        asks_to_confirm=chance.random() < 0.5,
        answers_replies=scheme.answers_replies,
    )
    people = _people(chance, region, begin, scheme.people or chance.randint(6, 12))
    return Setting(begin=begin, practice=practice, people=people, zones=(region.near, region.far))


def _quiet_hours(chance: random.Random) -> QuietHours | None:
    if chance.random() < 0.2:
        return None
    usual = QuietHours()
    return chance.choice([usual, usual, msgspec.structs.replace(usual, begin=usual.begin.replace(hour=17, minute=30))])


def _policy(chance: random.Random) -> ReminderPolicy:
    plans = [SMS_THEN_EMAIL, SMS_THEN_EMAIL, SMS_THEN_EMAIL, BOTH_AT_ONCE, EMAIL_THEN_SMS]
    plan = chance.choice(plans)
    before = chance.choice([Lead(exact=24 * HOUR), Lead(days=1)])
    rules = [
        ReminderRule(name="day", lead=before, useful_for=chance.choice([18 * HOUR, 3 * HOUR]), plan=plan),
        ReminderRule(
            name="hours",
            lead=Lead(exact=chance.choice([HOUR, 2 * HOUR])),
            useful_for=45 * HOUR / 60,
            plan=plan,
            inside_lead=chance.choice(list(InsideLead)),
        ),
    ]
    if chance.random() < 0.3:
        rules.insert(0, ReminderRule(name="days", lead=Lead(days=3), useful_for=30 * HOUR, plan=plan))
    return ReminderPolicy(id="default", rules=tuple(rules))


def _people(chance: random.Random, region: Region, begin: datetime, count: int) -> tuple[Person, ...]:
    """Return people: alone or as families on one number or address, and some whom nothing reaches."""
    people: list[Person] = []
    for number in range(count):
        prefix, number_zone = chance.choice(region.prefixes)
        phone, email = f"{prefix}{number:03}", f"Person{number}@Example.com"
        if people and chance.random() < 0.3:
            relative = chance.choice(people)
            if relative.patient.phone:
                phone, number_zone = relative.patient.phone, relative.number_zone
            email = chance.choice([str.upper, str.lower])(relative.patient.email or email)
        how = chance.choices(["both", "phone", "email", "none"], [6, 2, 2, 1])[0]
        patient = Patient(
            id=f"pat_{number}",
            phone=PhoneNumber(phone) if how in {"both", "phone"} else None,
            email=EmailAddress(email) if how in {"both", "email"} else None,
            zone=chance.choice([None, None, None, region.near, region.far]),
            created_at=begin,
            updated_at=begin,
        )
        people.append(Person(patient=patient, number_zone=number_zone if patient.phone else ""))
    return tuple(people)
