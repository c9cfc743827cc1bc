from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kept.main.aws_doctor import OURS, TABLES, Examination, permission

Answers = dict[str, object]
TOPIC = "arn:aws:sns:us-east-1:123456789012:Kept-Alarms-live"
WELL: Answers = {
    "describe_continuous_backups": {
        "ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}
    },
    "get_account": {"ProductionAccessEnabled": True, "SendingEnabled": True},
    "list_email_identities": {"EmailIdentities": [{"IdentityName": "practice.example", "SendingEnabled": True}]},
    "get_configuration_set_event_destinations": {
        "EventDestinations": [
            {
                "Enabled": True,
                "SnsDestination": {"TopicArn": "topic"},
                "MatchingEventTypes": ["BOUNCE", "COMPLAINT", "DELIVERY"],
            }
        ]
    },
    "describe_account_attributes": {"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]},
    "describe_spend_limits": {
        "SpendLimits": [{"Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 100, "MaxLimit": 100}]
    },
    "describe_phone_numbers": {
        "PhoneNumbers": [
            {
                "PhoneNumberId": "phone-1",
                "Status": "ACTIVE",
                "NumberType": "TEN_DLC",
                "IsoCountryCode": "US",
                "TwoWayEnabled": True,
                "TwoWayChannelArn": "topic",
            }
        ]
    },
    "describe_registrations": {
        "Registrations": [{"RegistrationType": "US_TEN_DLC_CAMPAIGN_REGISTRATION", "RegistrationStatus": "COMPLETE"}]
    },
    "describe_configuration_sets": {
        "ConfigurationSets": [
            {"EventDestinations": [{"Enabled": True, "SnsDestination": {}, "MatchingEventTypes": ["TEXT_ALL"]}]}
        ]
    },
    "describe_keywords": {"Keywords": [{"Keyword": "STOP", "KeywordAction": "OPT_OUT"}]},
    "describe_alarms": {
        "MetricAlarms": [{"AlarmName": "Kept-NoTick-live", "AlarmActions": [TOPIC], "ActionsEnabled": True}]
    },
    "list_subscriptions_by_topic": {"Subscriptions": [{"SubscriptionArn": "arn:aws:sns:us-east-1:1:x:y"}]},
}
WELL["describe_configuration_sets"] = {
    "ConfigurationSets": [
        {
            "EventDestinations": [
                {"Enabled": True, "SnsDestination": {"TopicArn": "topic"}, "MatchingEventTypes": ["TEXT_ALL"]}
            ]
        }
    ]
}


class RefusedCallError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class Service:
    """A service that answers as it is told, and refuses what it is told to."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_: object) -> object:
            answer = self._answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def found(**changed: object) -> dict[str, tuple[str, str, str]]:
    service = Service(WELL | changed)
    checks = Examination("live", lambda _: service).run()
    return {check.name: (check.state, check.found, check.remedy) for check in checks}


def test_an_account_that_is_ready_passes_every_check() -> None:
    checks = found()

    assert {state for state, _, _ in checks.values()} == {"ok"}
    assert {f"table {name}-live" for name in TABLES} <= checks.keys()
    assert {"e-mail account", "text spend limit", "10DLC registration", "who hears alarms"} <= checks.keys()


@pytest.mark.parametrize(
    ("changed", "name", "state"),
    [
        ({"get_account": {"ProductionAccessEnabled": False, "SendingEnabled": True}}, "e-mail account", "fail"),
        ({"get_account": {"ProductionAccessEnabled": True, "SendingEnabled": False}}, "e-mail sending", "fail"),
        ({"list_email_identities": {"EmailIdentities": []}}, "e-mail senders", "fail"),
        ({"get_configuration_set_event_destinations": {"EventDestinations": []}}, "word of e-mail", "fail"),
        ({"describe_account_attributes": {"AccountAttributes": []}}, "text account", "fail"),
        ({"describe_phone_numbers": {"PhoneNumbers": []}}, "numbers", "fail"),
        ({"describe_registrations": {"Registrations": []}}, "10DLC registration", "fail"),
        ({"describe_configuration_sets": {"ConfigurationSets": []}}, "word of texts", "fail"),
        ({"describe_alarms": {"MetricAlarms": []}}, "alarms", "fail"),
        ({"describe_alarms": {"MetricAlarms": [{"AlarmName": "Kept-A-live"}]}}, "actions of alarms", "fail"),
        (
            {"list_subscriptions_by_topic": {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}},
            "who hears alarms",
            "fail",
        ),
        (
            {"describe_keywords": {"Keywords": [{"Keyword": "NOPE", "KeywordAction": "OPT_OUT"}]}},
            "opt-out words of phone-1",
            "warn",
        ),
        (
            {
                "describe_spend_limits": {
                    "SpendLimits": [
                        {"Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 1, "MaxLimit": 1},
                        {"Name": "VOICE_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 1, "MaxLimit": 1},
                    ]
                }
            },
            "text spend limit",
            "warn",
        ),
        (
            {
                "describe_phone_numbers": {
                    "PhoneNumbers": [
                        {"PhoneNumberId": "p", "Status": "ACTIVE", "NumberType": "SIMULATOR", "IsoCountryCode": "US"}
                    ]
                }
            },
            "registration",
            "fail",
        ),
    ],
)
def test_what_is_missing_is_found_and_comes_with_a_remedy(changed: Answers, name: str, state: str) -> None:
    told, _, remedy = found(**changed)[name]

    assert told == state
    assert remedy


@pytest.mark.parametrize(("code", "said"), [("AccessDeniedException", "allow"), ("ResourceNotFoundException", "see")])
@pytest.mark.parametrize("operation", sorted(WELL))
def test_a_call_that_is_refused_is_a_finding_of_its_own(operation: str, code: str, said: str) -> None:
    checks = found(**{operation: RefusedCallError(code)})

    refused = [(name, remedy) for name, (state, text, remedy) in checks.items() if state == "fail" and code in text]
    capitals = operation.title().replace("_", "")
    assert refused
    assert all(f":{capitals}" in name and remedy.startswith(said) for name, remedy in refused)


def test_permissions_are_named_as_policies_have_them() -> None:
    assert permission("pinpoint-sms-voice-v2", "describe_keywords") == "sms-voice:DescribeKeywords"


def test_the_words_that_aws_acts_on_are_those_that_kept_keeps_for_it() -> None:
    assert {"STOP", "END", "QUIT", "UNSUBSCRIBE"} <= OURS
