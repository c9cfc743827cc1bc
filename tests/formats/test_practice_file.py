from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval
from kept.core.leads import Lead
from kept.core.limits import Caps
from kept.core.notices import TELLABLE
from kept.core.notifications import NotificationKind
from kept.core.people import ChannelName
from kept.core.practice import CancelWord, Practice, PracticeSetup
from kept.core.quiet_hours import QuietHours
from kept.core.reminders import InsideLead, ReminderPolicy, ReminderRule
from kept.core.schedules import OpenHours, Place, Role, Schedule, VisitType
from kept.formats.practice_file import document_of, parsed_text, practice_from

NORTH = """
[practice]
name = "North clinic"
phone = "(206) 555-0100"
timeZone = "America/Los_Angeles"

[[places]]
id = "north"
name = "North"

[[practitioners]]
id = "dr-a"
name = "A"
placeId = "north"
hours = { mon = ["09:00-12:30", "13:30-17:00"], sat = ["22:00-00:00"] }
away = [{ from = "2026-07-01T00:00:00-07:00", to = "2026-07-15T00:00:00-07:00" }]

[[rooms]]
id = "room-1"
name = "Room 1"
placeId = "north"

[[visitTypes]]
id = "check-up"
name = "Check-up"
minutes = 30
bufferAfter = 5
reminderPolicy = "day-before"

[[reminderPolicies]]
id = "day-before"
reminders = [{ name = "eve", lead = "1 day + 90 min", usefulFor = "12 h", plan = [["sms", "email"]] }, { lead = "2 h" }]
"""


def problems_of(document: object) -> dict[str, str]:
    """Return the codes of what is wrong with a document, by path."""
    with pytest.raises(InvalidInputError) as caught:
        practice_from(document)
    return {problem.field: problem.code for problem in caught.value.problems}


def test_reads_a_practice_with_everything_in_it() -> None:
    setup = practice_from(parsed_text(NORTH))

    doctor, room = setup.schedules
    (policy,) = setup.practice.policies
    assert setup.practice.places == (Place(id="north", name="North", zone="America/Los_Angeles"),)
    assert doctor.hours[2] == OpenHours(weekday=5, opens=time(22), closes=time(0))
    assert doctor.away[0].start == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert (room.role, room.hours) == (Role.ROOM, ())
    assert setup.practice.visit_type("check-up") == VisitType(
        id="check-up",
        name="Check-up",
        duration=timedelta(minutes=30),
        buffer_after=timedelta(minutes=5),
        reminder_policy="day-before",
    )
    assert policy.rules == (
        ReminderRule(
            name="eve",
            lead=Lead(days=1, exact=timedelta(minutes=90)),
            useful_for=timedelta(hours=12),
            plan=((ChannelName.SMS, ChannelName.EMAIL),),
        ),
        ReminderRule(name="2h", lead=Lead(exact=timedelta(hours=2)), useful_for=timedelta(minutes=90)),
    )


def test_json_and_toml_say_the_same() -> None:
    from_toml = parsed_text(NORTH)

    assert parsed_text(json.dumps(from_toml)) == from_toml


def test_an_empty_document_is_a_practice_with_the_usual_reminders_and_the_careful_rules() -> None:
    setup = practice_from({})

    careful = Practice(
        quiet_hours=QuietHours(begin=time(20), end=time(8)),
        caps=Caps(per_day=1, per_week=3),
        sms_countries=("US",),
        notices=(NotificationKind.BOOKED, NotificationKind.MOVED, NotificationKind.CANCELLED),
        asks_to_confirm=True,
        answers_replies=True,
        merge_within=timedelta(hours=2),
    )
    assert setup == PracticeSetup(practice=careful)


def test_the_document_of_a_practice_that_nobody_set_up_says_what_will_hold() -> None:
    shown = document_of(PracticeSetup(practice=Practice()))

    assert practice_from(shown) == practice_from({})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param([], {"": "not_an_object"}, id="a list"),
        pytest.param({"name": "x"}, {"name": "unknown_field"}, id="an unknown field"),
        pytest.param({"practice": {"name": 5}}, {"practice/name": "not_a_text"}, id="a number for a name"),
        pytest.param({"practice": {"name": "x" * 31}}, {"practice/name": "too_long"}, id="a long name"),
        pytest.param({"practice": {"timeZone": "Mars/Base"}}, {"practice/timeZone": "unknown_zone"}, id="a zone"),
        pytest.param({"messages": {"quietHours": "22:00-06:00"}}, {"messages/quietHours": "too_narrow"}, id="nights"),
        pytest.param(
            {"messages": {"quietHours": "20:00"}}, {"messages/quietHours": "not_a_stretch"}, id="half a night"
        ),
        pytest.param({"messages": {"countries": ["usa"]}}, {"messages/countries/0": "wrong_form"}, id="a country"),
        pytest.param({"messages": {"notices": ["all"]}}, {"messages/notices/0": "not_a_choice"}, id="a notice"),
        pytest.param({"messages": {"cancelWord": "stop"}}, {"messages/cancelWord": "not_a_choice"}, id="a word"),
        pytest.param({"messages": {"cancelWord": "cancel"}}, {"messages/cancelWord": "not_allowed_here"}, id="a law"),
        pytest.param(
            {"messages": {"textsPerDay": 5, "textsPerWeek": 4}}, {"messages/textsPerWeek": "out_of_range"}, id="caps"
        ),
        pytest.param({"practice": {"phone": "call me"}}, {"practice/phone": "not_a_phone_number"}, id="a phone"),
        pytest.param({"practice": {"region": "us"}}, {"practice/region": "wrong_form"}, id="a region"),
        pytest.param({"practice": {"slotMinutes": True}}, {"practice/slotMinutes": "out_of_range"}, id="true for 1"),
        pytest.param({"places": {}}, {"places": "not_a_list"}, id="an object for a list"),
        pytest.param({"places": [{}]}, {"places/0/id": "required", "places/0/name": "required"}, id="nothing given"),
        pytest.param(
            {"rooms": [{"id": "r", "name": "R", "placeId": "nowhere"}]},
            {"rooms/0/placeId": "unknown_place"},
            id="an unknown place",
        ),
        pytest.param(
            {"places": [{"id": "p", "name": "P"}, {"id": "p", "name": "Q"}]}, {"places": "double"}, id="an id twice"
        ),
        pytest.param(
            {"visitTypes": [{"id": "v", "name": "V", "byRequest": "yes", "reminderPolicy": "none"}]},
            {
                "visitTypes/0/minutes": "required",
                "visitTypes/0/byRequest": "not_a_boolean",
                "visitTypes/0/reminderPolicy": "unknown_policy",
            },
            id="a visit type",
        ),
        pytest.param(
            {
                "reminderPolicies": [
                    {"id": "p", "reminders": [{"insideLead": "maybe", "plan": [["sms", "sms"], "sms"]}]}
                ]
            },
            {
                "reminderPolicies/0/reminders/0/lead": "required",
                "reminderPolicies/0/reminders/0/insideLead": "not_a_choice",
                "reminderPolicies/0/reminders/0/plan/0": "not_a_stage",
                "reminderPolicies/0/reminders/0/plan/1": "not_a_stage",
            },
            id="a reminder",
        ),
        pytest.param(
            {"reminderPolicies": [{"id": "p", "reminders": [{"lead": "soon"}]}]},
            {"reminderPolicies/0/reminders/0/lead": "not_a_lead"},
            id="a lead",
        ),
    ],
)
def test_every_problem_is_told_by_its_path(document: object, expected: dict[str, str]) -> None:
    assert problems_of(document) == expected


@pytest.mark.parametrize("hours", ["9-12", "09:00", "12:00-12:00", 9, "09:00-25:00"])
def test_hours_that_are_no_stretch_of_a_day_are_told(hours: object) -> None:
    practitioner = {"id": "a", "name": "A", "placeId": "p", "hours": {"tue": [hours]}}

    problems = problems_of({"places": [{"id": "p", "name": "P"}], "practitioners": [practitioner]})

    assert problems == {"practitioners/0/hours/tue/0": "not_a_stretch"}


@pytest.mark.parametrize(
    ("away", "path", "code"),
    [
        ({"from": "2026-07-02T00:00:00Z", "to": "2026-07-01T00:00:00Z"}, "to", "before_start"),
        ({"from": "2026-07-02T00:00:00Z"}, "to", "before_start"),
        ({"from": "2026-07-02", "to": "2026-07-05T00:00:00Z"}, "from", "not_a_datetime"),
    ],
    ids=["the wrong way round", "without an end", "without a time"],
)
def test_times_off_that_are_no_stretch_are_told(away: object, path: str, code: str) -> None:
    room = {"id": "r", "name": "R", "placeId": "p", "away": [away]}

    problems = problems_of({"places": [{"id": "p", "name": "P"}], "rooms": [room]})

    assert problems[f"rooms/0/away/0/{path}"] == code


@pytest.mark.parametrize("text", ['{"practice": ', "practice = ", "[" * 3, '{"a":' * 20_000])
def test_a_text_that_is_neither_json_nor_toml_is_told(text: str) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read as JSON or TOML"):
        parsed_text(text)


NAMES = st.text("abcdefghijklmnopqrstuvwxyz é", min_size=1, max_size=30).filter(lambda text: text.strip() == text)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,20}", fullmatch=True)
MINUTES = st.integers(1, 24 * 60).map(lambda n: timedelta(minutes=n))
CLOCKS = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
STRETCHES = st.builds(OpenHours, weekday=st.integers(0, 6), opens=CLOCKS, closes=CLOCKS).filter(
    lambda hours: hours.opens != hours.closes
)
AWAY = st.builds(
    lambda start, length: Interval(start=start, end=start + length),
    st.integers(0, 10**9).map(lambda second: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=second)),
    MINUTES,
)
LEADS = st.builds(Lead, days=st.integers(0, 30), exact=st.integers(0, 3000).map(lambda n: timedelta(minutes=n)))
PLANS = st.sampled_from([((ChannelName.SMS,), (ChannelName.EMAIL,)), ((ChannelName.EMAIL, ChannelName.SMS),)])
RULES = st.builds(
    lambda lead, **fields: ReminderRule(name=str(lead), lead=lead, **fields),
    lead=LEADS,
    useful_for=MINUTES,
    patience=st.none() | MINUTES,
    inside_lead=st.sampled_from(InsideLead),
    plan=PLANS,
)
POLICIES = st.builds(
    ReminderPolicy, id=IDS, rules=st.lists(RULES, max_size=3, unique_by=lambda rule: rule.name).map(tuple)
)


RULED = st.builds(
    Practice,
    quiet_hours=st.sampled_from([QuietHours(begin=time(19, 30), end=time(9)), QuietHours(begin=time(21))]),
    caps=st.builds(Caps, per_day=st.integers(1, 3), per_week=st.integers(3, 9)),
    sms_countries=st.sampled_from([("US",), ("FR", "BE")]),
    sms_per_day=st.none() | st.integers(0, 9999),
    notices=st.lists(st.sampled_from(TELLABLE), unique=True).map(tuple),
    asks_to_confirm=st.booleans(),
    answers_replies=st.booleans(),
    cancel_word=st.sampled_from([CancelWord.OPTOUT_AND_TASK, CancelWord.OPTOUT_AND_CANCEL]),
    merge_within=MINUTES,
)


@st.composite
def setups(draw: st.DrawFn) -> PracticeSetup:
    """Draw a practice that a document can describe."""
    zones = st.sampled_from(["UTC", "America/Sao_Paulo", "Asia/Kathmandu"])
    places = draw(st.lists(st.builds(Place, id=IDS, name=NAMES, zone=zones), max_size=3, unique_by=lambda p: p.id))
    policies = draw(st.lists(POLICIES, min_size=1, max_size=3, unique_by=lambda p: p.id))
    visit = st.builds(
        VisitType,
        id=IDS,
        name=NAMES,
        duration=MINUTES,
        buffer_after=MINUTES,
        capacity=st.integers(1, 20),
        by_request=st.booleans(),
        reminder_policy=st.sampled_from([p.id for p in policies]),
    )
    practice = msgspec.structs.replace(
        draw(RULED),
        name=draw(NAMES),
        zone=draw(zones),
        places=tuple(places),
        visit_types=tuple(draw(st.lists(visit, max_size=3, unique_by=lambda v: v.id))),
        policies=tuple(policies),
        slot_step=draw(MINUTES),
    )
    hours = st.lists(STRETCHES, max_size=4).map(lambda all_: tuple(sorted(all_, key=lambda h: h.weekday)))
    schedule = st.builds(
        Schedule,
        id=IDS,
        role=st.sampled_from([Role.PRACTITIONER, Role.ROOM]),
        name=NAMES,
        place_id=st.sampled_from([p.id for p in places] or [""]),
        hours=hours,
        away=st.lists(AWAY, max_size=2).map(tuple),
    )
    schedules = draw(st.lists(schedule, max_size=4, unique_by=lambda s: s.id)) if places else []
    in_order = sorted(schedules, key=lambda s: s.role is Role.ROOM)
    return PracticeSetup(practice=practice, schedules=tuple(in_order))


@given(setups())
def test_what_is_written_reads_the_same_again(setup: PracticeSetup) -> None:
    document = json.loads(json.dumps(document_of(setup)))

    assert practice_from(document) == setup
