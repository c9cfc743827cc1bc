"""The tables of the template are those that the program asks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from kept.adapters.dynamodb.items import Shaper
from kept.adapters.dynamodb.tables import ALL_TABLES, ENDS, Table, create_table
from kept.core.notifications import Notification, NotificationKind
from kept.main.kinds import KINDS
from kept.ports.codec import Codec
from tests.deploy.reading import SUFFIX, of_type, text

NOW: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY_NAME: Final = {table.name: table for table in ALL_TABLES.tables}
OF_CREATION: Final = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def made() -> dict[str, dict[str, Any]]:
    """Return the tables of the template by the name that the program knows them by."""
    return {
        text(properties["TableName"]).removesuffix(f"-{SUFFIX}"): properties
        for properties in of_type("AWS::DynamoDB::Table").values()
    }


def written(about: NotificationKind) -> dict[str, Any]:
    """Return what the stream tells of a notification that was just planned."""
    notification = Notification(
        id="ntf_1",
        about=about,
        rule="24h",
        patient_id="pat_1",
        template="reminder",
        planned_at=NOW,
        due_at=NOW,
        deadline_at=NOW,
    )
    layout = Shaper(ALL_TABLES, Codec(KINDS)).layout(notification)
    return {"eventName": "INSERT", "dynamodb": {"Keys": {"id": layout.item["id"]}, "NewImage": layout.item}}


def matches(pattern: object, value: object) -> bool:
    """Return whether a value fits an event pattern; only what ours uses is understood."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and matches(pattern[key], value[key]) for key in pattern)
    assert isinstance(pattern, list)
    (rule,) = pattern
    return value not in rule["anything-but"] if isinstance(rule, dict) else value == rule


def test_there_are_these_and_no_others() -> None:
    assert made().keys() == BY_NAME.keys()


@pytest.mark.parametrize("table", ALL_TABLES.tables, ids=lambda table: table.name)
def test_keys_and_indexes_are_the_same(table: Table) -> None:
    properties = made()[table.name]

    expected = create_table(ALL_TABLES, table)
    assert {key: properties[key] for key in OF_CREATION if key in properties} == {
        key: expected[key] for key in OF_CREATION if key in expected
    }


@pytest.mark.parametrize("name", BY_NAME)
def test_a_table_can_be_put_back_to_any_second_and_is_read_by_nobody_else(name: str) -> None:
    properties = made()[name]

    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"]["SSEType"] == "KMS"
    assert text(properties["SSESpecification"]["KMSMasterKeyId"]) == "${Key.Arn}"
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["ProtectsData", True, False]}


@pytest.mark.parametrize("name", BY_NAME)
def test_what_nobody_may_keep_any_longer_goes_by_itself(name: str) -> None:
    assert made()[name]["TimeToLiveSpecification"] == {"AttributeName": ENDS, "Enabled": True}


def test_only_the_ledger_is_followed_and_without_what_it_was_before() -> None:
    followed = {
        name: properties["StreamSpecification"]
        for name, properties in made().items()
        if "StreamSpecification" in properties
    }

    assert followed == {"Notifications": {"StreamViewType": "NEW_IMAGE"}}


@pytest.mark.parametrize("about", NotificationKind)
def test_the_pipe_takes_what_is_due_at_once_and_leaves_reminders_to_the_sweep(about: NotificationKind) -> None:
    (rule,) = of_type("AWS::Pipes::Pipe")["DuePipe"]["SourceParameters"]["FilterCriteria"]["Filters"]

    is_taken = matches(json.loads(rule["Pattern"]), written(about))

    assert is_taken is (about is not NotificationKind.REMINDER)


def test_a_pointer_of_an_index_goes_by_the_pipe_unseen() -> None:
    (rule,) = of_type("AWS::Pipes::Pipe")["DuePipe"]["SourceParameters"]["FilterCriteria"]["Filters"]
    pointer = {"eventName": "INSERT", "dynamodb": {"NewImage": {"id": {"S": "p"}, "of": {"S": "ntf_1"}}}}

    assert not matches(json.loads(rule["Pattern"]), pointer)
