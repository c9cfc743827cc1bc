"""The practice's own settings."""

from datetime import timedelta

from kept.core.practice import Practice
from kept.core.reminders import DEFAULT_POLICY, ReminderPolicy
from kept.core.schedules import Place, VisitType

QUIET = ReminderPolicy(id="quiet", rules=())
VISIT = VisitType(id="check", name="Check", duration=timedelta(minutes=30), reminder_policy="quiet")
LOST = VisitType(id="lost", name="Lost", duration=timedelta(minutes=30), reminder_policy="gone")
PRACTICE = Practice(
    places=(Place(id="north", name="North", zone="UTC"),), visit_types=(VISIT, LOST), policies=(DEFAULT_POLICY, QUIET)
)


def test_finds_places_and_visit_types_by_id() -> None:
    assert PRACTICE.place("north") == PRACTICE.places[0]
    assert PRACTICE.visit_type("check") == VISIT
    assert PRACTICE.place(None) is None
    assert PRACTICE.visit_type("nothing") is None


def test_a_visit_type_names_its_reminder_policy_and_the_default_serves_the_rest() -> None:
    assert PRACTICE.policy_for("check") is QUIET
    assert PRACTICE.policy_for("lost") is DEFAULT_POLICY
    assert PRACTICE.policy_for(None) is DEFAULT_POLICY
    assert Practice().policy_for(None) is DEFAULT_POLICY
    assert PRACTICE.index_entries() == ()
