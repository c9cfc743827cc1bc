"""
The part of a practice's document that rules its messages: quiet hours, limits, notices, and what replies lead to.

What it leaves out has the careful value: a practice that says nothing writes to nobody at night, one text a day and
three in a week, to numbers of its own country.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.limits import Caps
from kept.core.notices import TELLABLE
from kept.core.notifications import NotificationKind
from kept.core.practice import CancelWord, Practice, careful
from kept.core.quiet_hours import QuietHours
from kept.core.zones import parse_clock
from kept.formats.fields import Fields

RULES: Final = frozenset(
    {
        "quietHours",
        "textsPerDay",
        "textsPerWeek",
        "countries",
        "segmentsPerDay",
        "notices",
        "asksToConfirm",
        "answersReplies",
        "cancelWord",
        "mergeWithinMinutes",
    }
)
MOST_TEXTS: Final = 20
MOST_SEGMENTS: Final = 10_000_000
LONGEST_MERGE: Final = 24 * 60
TAKEN_FOR_STOP: Final = frozenset({"US", "CA"})
"""Countries in which the word CANCEL must end messages. Source: 47 CFR 64.1200(a)(10); CWTA short code guidelines."""

_MINUTE: Final = timedelta(minutes=1)
_COUNTRY_LETTERS: Final = 2


def with_message_rules(practice: Practice, fields: Fields) -> Practice:
    """Return the practice with the rules of a document, problems noted there."""
    usual = careful(practice)
    caps = usual.caps or Caps()
    per_day = fields.number("textsPerDay", caps.per_day, low=1, high=MOST_TEXTS)
    per_week = fields.number("textsPerWeek", max(caps.per_week, per_day), low=1, high=7 * MOST_TEXTS)
    budget = fields.raw("segmentsPerDay")
    merge_minutes = fields.number("mergeWithinMinutes", usual.merge_within // _MINUTE, low=0, high=LONGEST_MERGE)
    return msgspec.structs.replace(
        usual,
        quiet_hours=fields.parsed("quietHours", _quiet, usual.quiet_hours),
        caps=_caps(fields, per_day, per_week),
        sms_countries=_countries(fields) or usual.sms_countries,
        sms_per_day=None if budget is None else fields.number("segmentsPerDay", 0, low=0, high=MOST_SEGMENTS),
        notices=usual.notices if fields.raw("notices") is None else _notices(fields),
        asks_to_confirm=fields.flag("asksToConfirm", fallback=usual.asks_to_confirm),
        answers_replies=fields.flag("answersReplies", fallback=usual.answers_replies),
        cancel_word=_cancel_word(fields, practice.region),
        merge_within=_MINUTE * merge_minutes,
    )


def message_rules_of(practice: Practice) -> dict[str, object]:
    """
    Return what a document says of a practice's messages; :func:`with_message_rules` reads it back.

    Of a practice that nobody has set up it says what will hold once somebody loads the document.
    """
    if practice.quiet_hours is None:
        return message_rules_of(careful(practice))
    quiet, caps = practice.quiet_hours, practice.caps or Caps()
    budget = {} if practice.sms_per_day is None else {"segmentsPerDay": practice.sms_per_day}
    return {
        "quietHours": f"{quiet.begin:%H:%M}-{quiet.end:%H:%M}",
        "textsPerDay": caps.per_day,
        "textsPerWeek": caps.per_week,
        "countries": list(practice.sms_countries or (practice.region,)),
        **budget,
        "notices": [kind.value for kind in practice.notices],
        "asksToConfirm": practice.asks_to_confirm,
        "answersReplies": practice.answers_replies,
        "cancelWord": practice.cancel_word.value,
        "mergeWithinMinutes": practice.merge_within // _MINUTE,
    }


def _quiet(text: str) -> QuietHours:
    begin, dash, end = text.partition("-")
    if not dash:
        raise InvalidInputError.of("", "not_a_stretch", "is not a stretch of the night; write it like 20:00-08:00")
    hours: tuple[time, time] = parse_clock(begin, field=""), parse_clock(end, field="")
    return QuietHours(begin=hours[0], end=hours[1])


def _caps(fields: Fields, per_day: int, per_week: int) -> Caps:
    if per_week < per_day:
        fields.note("textsPerWeek", "out_of_range", "must be no fewer than textsPerDay")
        return Caps()
    return Caps(per_day=per_day, per_week=per_week)


def _countries(fields: Fields) -> tuple[str, ...]:
    found = []
    for index, country in enumerate(fields.listed("countries")):
        if isinstance(country, str) and len(country) == _COUNTRY_LETTERS and country.isascii() and country.isupper():
            found.append(country)
        else:
            fields.note(f"countries/{index}", "wrong_form", "must be two capital letters, such as US")
    return tuple(dict.fromkeys(found))


def _notices(fields: Fields) -> tuple[NotificationKind, ...]:
    names = {kind.value: kind for kind in TELLABLE}
    found = []
    for index, name in enumerate(fields.listed("notices")):
        if isinstance(name, str) and name in names:
            found.append(names[name])
        else:
            fields.note(f"notices/{index}", "not_a_choice", f"must be one of {', '.join(names)}")
    return tuple(dict.fromkeys(found))


def _cancel_word(fields: Fields, region: str) -> CancelWord:
    text = fields.text("cancelWord", CancelWord.OPTOUT_AND_TASK.value, limit=30)
    try:
        chosen = CancelWord(text)
    except ValueError:
        fields.note("cancelWord", "not_a_choice", f"must be one of {', '.join(CancelWord)}")
        return CancelWord.OPTOUT_AND_TASK
    if chosen is CancelWord.CANCEL and region in TAKEN_FOR_STOP:
        message = "cannot be cancel in the US and Canada, where the word must end messages; use optout_and_task"
        fields.note("cancelWord", "not_allowed_here", message)
        return CancelWord.OPTOUT_AND_TASK
    return chosen
