"""
A practice in one document: its name and places, its practitioners and rooms with their hours, its visits and reminders.

Durations carry their unit: in the name of the field (``minutes``, ``noticeHours``) or in the text (``"24 h"``). What
can be read can be written, and reads the same again.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final

from kept.core.contacts import parse_phone
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.intervals import Interval, interval
from kept.core.leads import LONGEST_DAYS, Lead, lead_named
from kept.core.notifications import SMS_THEN_EMAIL
from kept.core.people import ChannelName, checked_id
from kept.core.practice import SMS_NAME_LIMIT, Practice, PracticeSetup
from kept.core.reminders import DEFAULT_POLICY, InsideLead, ReminderPolicy, ReminderRule
from kept.core.schedules import OpenHours, Place, Role, Schedule, VisitType
from kept.core.zones import parse_clock, parse_instant, zone_named
from kept.formats.fields import Fields
from kept.formats.message_rules import RULES, message_rules_of, with_message_rules

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
NAME_LIMIT: Final = 100
"""Longest name of what is shown at the desk only."""
PHONE_LIMIT: Final = 20
"""Longest call-back number in a message."""

_TOP: Final = frozenset({"practice", "messages", "places", "practitioners", "rooms", "visitTypes", "reminderPolicies"})
_PRACTICE: Final = frozenset(
    {"name", "phone", "timeZone", "language", "region", "horizonDays", "slotMinutes", "requestHoldHours"}
)
_PLACE: Final = frozenset({"id", "name", "timeZone", "phone"})
_SCHEDULE: Final = frozenset({"id", "name", "placeId", "hours", "away"})
_VISIT: Final = frozenset(
    {"id", "name", "minutes", "bufferBefore", "bufferAfter", "noticeHours", "capacity", "byRequest", "reminderPolicy"}
)
_POLICY: Final = frozenset({"id", "reminders"})
_RULE: Final = frozenset({"name", "lead", "usefulFor", "patience", "insideLead", "plan"})
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_REGION: Final = re.compile(r"[A-Z]{2}")
_RULE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


def parsed_text(text: str) -> object:
    r"""
    Return what a JSON or TOML text says; JSON where it begins with a brace.

    Raises:
        InvalidInputError: it is neither (``not_parsable``).

    >>> parsed_text('[practice]\nname = "North"')
    {'practice': {'name': 'North'}}
    """
    try:
        document: object = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        message = f"cannot be read as JSON or TOML: {reason}"
        raise InvalidInputError.of("", "not_parsable", message) from None
    return document


def practice_from(document: object) -> PracticeSetup:
    """
    Return the practice that a document describes.

    Args:
        document: Plain values as JSON or TOML give them.

    Raises:
        InvalidInputError: with every problem found, by path, such as ``practitioners/0/hours/mon/1``.
    """
    problems: list[FieldProblem] = []
    top = Fields(document, "", problems, allowed=_TOP)
    policies = tuple(_policy(fields) for fields in top.objects("reminderPolicies", _POLICY)) or (DEFAULT_POLICY,)
    practice = with_message_rules(_practice(top, policies), top.nested("messages", RULES))
    schedules = [_schedule(f, Role.PRACTITIONER, practice) for f in top.objects("practitioners", _SCHEDULE)]
    schedules += [_schedule(f, Role.ROOM, practice) for f in top.objects("rooms", _SCHEDULE)]
    _note_doubles(top, "places", [p.id for p in practice.places])
    _note_doubles(top, "visitTypes", [v.id for v in practice.visit_types])
    _note_doubles(top, "reminderPolicies", [p.id for p in policies])
    _note_doubles(top, "practitioners and rooms", [s.id for s in schedules])
    if problems:
        raise InvalidInputError(*problems)
    return PracticeSetup(practice=practice, schedules=tuple(schedules))


def document_of(setup: PracticeSetup) -> dict[str, object]:
    """Return the document that describes a practice; :func:`practice_from` reads it back."""
    practice = setup.practice
    return {
        "practice": {
            "name": practice.name,
            "phone": practice.phone,
            "timeZone": practice.zone,
            "language": practice.language,
            "region": practice.region,
            "horizonDays": practice.horizon.days,
            "slotMinutes": practice.slot_step // _MINUTE,
            "requestHoldHours": practice.request_hold // _HOUR,
        },
        "messages": message_rules_of(practice),
        "places": [{"id": p.id, "name": p.name, "timeZone": p.zone, "phone": p.phone} for p in practice.places],
        "practitioners": [_schedule_document(s) for s in setup.schedules if s.role is Role.PRACTITIONER],
        "rooms": [_schedule_document(s) for s in setup.schedules if s.role is Role.ROOM],
        "visitTypes": [_visit_document(v) for v in practice.visit_types],
        "reminderPolicies": [
            {"id": p.id, "reminders": [_rule_document(rule) for rule in p.rules]} for p in practice.policies
        ],
    }


def _practice(top: Fields, policies: tuple[ReminderPolicy, ...]) -> Practice:
    fields = top.nested("practice", _PRACTICE)
    region = fields.parsed("region", lambda text: _matching(_REGION, text, "two capital letters, such as US"), "US")
    plain = Practice()
    zone = fields.parsed("timeZone", lambda text: zone_named(text).key, plain.zone)
    return Practice(
        name=fields.text("name", plain.name, limit=SMS_NAME_LIMIT),
        phone=_phone(fields, region),
        zone=zone,
        language=fields.parsed("language", lambda text: _matching(_LANGUAGE, text, "a language tag, such as en"), "en"),
        region=region,
        places=tuple(_place(each, zone, region) for each in top.objects("places", _PLACE)),
        visit_types=tuple(_visit_type(each, policies) for each in top.objects("visitTypes", _VISIT)),
        policies=policies,
        horizon=timedelta(days=fields.number("horizonDays", plain.horizon.days, low=1, high=3650)),
        request_hold=_HOUR * fields.number("requestHoldHours", plain.request_hold // _HOUR, low=1, high=24 * 90),
        slot_step=_MINUTE * fields.number("slotMinutes", plain.slot_step // _MINUTE, low=1, high=DAY_MINUTES),
    )


def _place(fields: Fields, zone: str, region: str) -> Place:
    return Place(
        id=_id(fields),
        name=fields.text("name", limit=SMS_NAME_LIMIT),
        zone=fields.parsed("timeZone", lambda text: zone_named(text).key, zone),
        phone=_phone(fields, region),
    )


def _phone(fields: Fields, region: str) -> str:
    """Return a call-back number as it is written, once it is known to be one."""

    def as_written(text: str) -> str:
        parse_phone(text, region=region)
        return text

    return fields.parsed("phone", as_written, "", limit=PHONE_LIMIT)


def _schedule(fields: Fields, role: Role, practice: Practice) -> Schedule:
    place_id = fields.text("placeId", limit=NAME_LIMIT)
    if place_id and practice.place(place_id) is None:
        fields.note("placeId", "unknown_place", "names no place of this document; add the place, or correct the id")
    return Schedule(
        id=_id(fields),
        role=role,
        name=fields.text("name", limit=NAME_LIMIT),
        place_id=place_id,
        hours=_hours(fields.nested("hours", frozenset(WEEKDAYS))),
        away=tuple(_away(each) for each in fields.objects("away", frozenset({"from", "to"}))),
    )


def _hours(fields: Fields) -> tuple[OpenHours, ...]:
    found = []
    for weekday, name in enumerate(WEEKDAYS):
        for index, text in enumerate(fields.listed(name)):
            stretch = _stretch(text)
            if stretch is None:
                fields.note(f"{name}/{index}", "not_a_stretch", "is not a stretch of a day; write it like 09:00-12:30")
            else:
                found.append(OpenHours(weekday=weekday, opens=stretch[0], closes=stretch[1]))
    return tuple(found)


def _stretch(text: object) -> tuple[time, time] | None:
    opens, dash, closes = text.partition("-") if isinstance(text, str) else ("", "", "")
    try:
        stretch = parse_clock(opens, field=""), parse_clock(closes, field="")
    except InvalidInputError:
        return None
    return stretch if dash and stretch[0] != stretch[1] else None


def _away(fields: Fields) -> Interval:
    nothing = parse_instant("2000-01-01T00:00:00Z", field="")
    start = fields.parsed("from", lambda text: parse_instant(text, field=""), nothing)
    end = fields.parsed("to", lambda text: parse_instant(text, field=""), nothing)
    if start is nothing or end is nothing or end <= start:
        fields.note("to", "before_start", "give from and to, with offsets, and to later than from")
        return Interval(start=nothing, end=nothing)
    return interval(start, end)


def _visit_type(fields: Fields, policies: tuple[ReminderPolicy, ...]) -> VisitType:
    policy = fields.text("reminderPolicy", DEFAULT_POLICY.id, limit=NAME_LIMIT)
    if policy not in {DEFAULT_POLICY.id, *(p.id for p in policies)}:
        fields.note("reminderPolicy", "unknown_policy", "names no reminder policy of this document")
    if fields.raw("minutes") is None:
        fields.note("minutes", "required", "is missing; say how long the visit lasts")
    return VisitType(
        id=_id(fields),
        name=fields.text("name", limit=NAME_LIMIT),
        duration=_MINUTE * fields.number("minutes", 1, low=1, high=DAY_MINUTES),
        buffer_before=_MINUTE * fields.number("bufferBefore", 0, low=0, high=DAY_MINUTES),
        buffer_after=_MINUTE * fields.number("bufferAfter", 0, low=0, high=DAY_MINUTES),
        notice=_HOUR * fields.number("noticeHours", 0, low=0, high=24 * 366),
        capacity=fields.number("capacity", 1, low=1, high=1000),
        by_request=fields.flag("byRequest"),
        reminder_policy=policy,
    )


def _policy(fields: Fields) -> ReminderPolicy:
    rules = tuple(_rule(each) for each in fields.objects("reminders", _RULE))
    _note_doubles(fields, "reminders", [rule.name for rule in rules])
    return ReminderPolicy(id=_id(fields), rules=rules)


def _rule(fields: Fields) -> ReminderRule:
    lead = fields.parsed("lead", _lead, Lead(days=1))
    if fields.raw("lead") is None:
        fields.note("lead", "required", "is missing; write it like 1 day, 24 h or 30 min")
    name = fields.parsed("name", lambda text: _matching(_RULE_NAME, text, "up to 32 letters, digits, . _ -"), str(lead))
    inside = fields.text("insideLead", InsideLead.SKIP.value, limit=NAME_LIMIT)
    if inside not in set(InsideLead):
        fields.note("insideLead", "not_a_choice", "must be skip or send")
        inside = InsideLead.SKIP.value
    return ReminderRule(
        name=name,
        lead=lead,
        useful_for=_useful_for(fields, lead),
        patience=_patience(fields),
        inside_lead=InsideLead(inside),
        plan=_stages(fields) or SMS_THEN_EMAIL,
    )


def _useful_for(fields: Fields, lead: Lead) -> timedelta:
    """Return how long a late reminder is still worth sending: as given, else three quarters of its lead."""
    whole = timedelta(days=lead.days) + lead.exact
    usual = min(whole * 3 // 4 // _MINUTE * _MINUTE, timedelta(days=LONGEST_DAYS))
    given = fields.parsed("usefulFor", _lead, Lead(exact=usual))
    return timedelta(days=given.days) + given.exact


def _patience(fields: Fields) -> timedelta | None:
    """Return how long word of a delivery is waited for, or None for the usual."""
    if fields.raw("patience") is None:
        return None
    given = fields.parsed("patience", _lead, Lead())
    return timedelta(days=given.days) + given.exact


def _stages(fields: Fields) -> tuple[tuple[ChannelName, ...], ...]:
    stages = []
    names = sorted(ChannelName)
    for index, stage in enumerate(fields.listed("plan")):
        channels = [str(channel) for channel in stage] if isinstance(stage, list) else []
        if not channels or len(set(channels)) != len(channels) or not set(channels) <= set(names):
            fields.note(f"plan/{index}", "not_a_stage", f"must be a list of channels, each once: {', '.join(names)}")
        else:
            stages.append(tuple(ChannelName(channel) for channel in channels))
    return tuple(stages)


def _lead(text: str) -> Lead:
    """Return a lead of one or more parts: ``1 day + 2 h``."""
    parts = [lead_named(part.strip()) for part in text.split("+")]
    return Lead(days=sum(p.days for p in parts), exact=sum((p.exact for p in parts), timedelta(0)))


def _id(fields: Fields) -> str:
    if fields.raw("id") is None:
        fields.note("id", "required", "is missing; give a short id that stays the same")
    return fields.parsed("id", lambda text: checked_id(text, field=""), "")


def _matching(pattern: re.Pattern[str], text: str, remedy: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidInputError.of("", "wrong_form", f"must be {remedy}")
    return text


def _note_doubles(fields: Fields, name: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if each and each in seen:
            fields.note(name, "double", f"has {each!r} twice; every id must be its own")
        seen.add(each)


def _schedule_document(schedule: Schedule) -> dict[str, object]:
    hours: dict[str, list[str]] = {}
    for stretch in schedule.hours:
        hours.setdefault(WEEKDAYS[stretch.weekday], []).append(f"{stretch.opens:%H:%M}-{stretch.closes:%H:%M}")
    return {
        "id": schedule.id,
        "name": schedule.name,
        "placeId": schedule.place_id,
        "hours": hours,
        "away": [{"from": _instant_text(a.start), "to": _instant_text(a.end)} for a in schedule.away],
    }


def _instant_text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _visit_document(visit: VisitType) -> dict[str, object]:
    return {
        "id": visit.id,
        "name": visit.name,
        "minutes": visit.duration // _MINUTE,
        "bufferBefore": visit.buffer_before // _MINUTE,
        "bufferAfter": visit.buffer_after // _MINUTE,
        "noticeHours": visit.notice // _HOUR,
        "capacity": visit.capacity,
        "byRequest": visit.by_request,
        "reminderPolicy": visit.reminder_policy,
    }


def _rule_document(rule: ReminderRule) -> dict[str, object]:
    patience = {} if rule.patience is None else {"patience": _lead_text(Lead(exact=rule.patience))}
    return {
        "name": rule.name,
        "lead": _lead_text(rule.lead),
        "usefulFor": _lead_text(Lead(exact=rule.useful_for)),
        **patience,
        "insideLead": rule.inside_lead.value,
        "plan": [[channel.value for channel in stage] for stage in rule.plan],
    }


def _lead_text(lead: Lead) -> str:
    """
    Return a lead as a person writes it.

    >>> _lead_text(Lead(days=1, exact=timedelta(minutes=90)))
    '1 day + 90 min'
    """
    days = [f"{lead.days} day{'s' if lead.days > 1 else ''}"] if lead.days else []
    exact = [f"{lead.exact // _HOUR} h"] if lead.exact and not lead.exact % _HOUR else []
    minutes = [f"{lead.exact // _MINUTE} min"] if lead.exact % _HOUR else []
    return " + ".join([*days, *exact, *minutes]) or "0 min"
