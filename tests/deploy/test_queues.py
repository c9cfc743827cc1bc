"""Queues, topics and what stands between them: nothing is lost, nothing is open, nothing waits for ever."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

from kept.main.rates import THINNEST, USUAL
from kept.main.settings import Settings, SettingsError, changed
from tests.deploy.reading import of_type, template, text, texts, workflow

QUEUES: Final = ("AppointmentRequest", "Confirmation", "Reminder", "Receipts", "Replies")
TOPICS: Final = {"Receipts": {"ses.amazonaws.com", "sms-voice.amazonaws.com"}, "Replies": {"sms-voice.amazonaws.com"}}
TWO_WEEKS_S: Final = 1_209_600  # the longest that SQS keeps a message


def reader_of(queue: str) -> dict[str, Any]:
    """Return the function that reads a queue."""
    (found,) = [
        function
        for function in of_type("AWS::Serverless::Function").values()
        if text(function.get("Events", {}).get("Queue", {}).get("Properties", {}).get("Queue"))
        == f"${{{queue}Queue.Arn}}"
    ]
    return found


def policy_of(name: str) -> dict[str, dict[str, Any]]:
    """Return the statements of a policy by name."""
    document = template()["Resources"][f"{name}Policy"]["Properties"]["PolicyDocument"]
    return {each["Sid"]: each for each in document["Statement"]}


def test_these_are_all_queues() -> None:
    assert of_type("AWS::SQS::Queue").keys() == {f"{name}{end}" for name in QUEUES for end in ("Queue", "Dlq")}


@pytest.mark.parametrize("name", QUEUES)
def test_what_fails_five_times_waits_for_a_person(name: str) -> None:
    queue = of_type("AWS::SQS::Queue")[f"{name}Queue"]
    dlq = of_type("AWS::SQS::Queue")[f"{name}Dlq"]

    assert text(queue["RedrivePolicy"]["deadLetterTargetArn"]) == f"${{{name}Dlq.Arn}}"
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert dlq["MessageRetentionPeriod"] == queue["MessageRetentionPeriod"] == TWO_WEEKS_S
    (source,) = texts(dlq["RedriveAllowPolicy"]["sourceQueueArns"])
    assert source.endswith(f":{text(queue['QueueName'])}")


@pytest.mark.parametrize("name", QUEUES)
def test_a_message_stays_hidden_for_six_times_as_long_as_its_function_may_take(name: str) -> None:
    visibility = of_type("AWS::SQS::Queue")[f"{name}Queue"]["VisibilityTimeout"]

    assert visibility >= 6 * reader_of(name)["Timeout"]  # AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"


@pytest.mark.parametrize("name", QUEUES)
def test_one_bad_message_does_not_take_nine_good_ones_with_it(name: str) -> None:
    properties = reader_of(name)["Events"]["Queue"]["Properties"]

    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["BatchSize"] == 10


@pytest.mark.parametrize("name", QUEUES)
def test_a_full_queue_starts_no_more_functions_than_it_may(name: str) -> None:
    limit = reader_of(name)["Events"]["Queue"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]

    assert limit == ({"Ref": "Senders"} if name == "Reminder" else 5)


def test_the_one_who_sends_knows_among_how_many_the_rate_is_shared() -> None:
    variables = reader_of("Reminder")["Environment"]["Variables"]

    assert variables["KEPT_SENDERS"] == {"Ref": "Senders"}


def test_the_workflow_shares_the_rate_among_as_many_as_it_runs_at_once() -> None:
    variables = of_type("AWS::Serverless::Function")["BatchSendFunction"]["Environment"]["Variables"]

    assert variables["KEPT_SENDERS"] == str(workflow()["States"]["Items"]["MaxConcurrency"])


@pytest.mark.parametrize("function", ["Batch", "BatchSend", "Reminder"])
def test_who_sends_is_told_how_fast(function: str) -> None:
    variables = of_type("AWS::Serverless::Function")[f"{function}Function"]["Environment"]["Variables"]

    assert (variables["KEPT_SMS_RATE"], variables["KEPT_EMAIL_RATE"]) == ({"Ref": "SmsRate"}, {"Ref": "MailRate"})


@pytest.mark.parametrize("name", ["SmsRate", "MailRate"])
@pytest.mark.parametrize("given", ["", "1", "0.5", "14", "300", "0", "0.0", "1000", "-1", "fast"])
def test_a_rate_that_the_template_takes_is_one_that_the_program_takes(name: str, given: str) -> None:
    is_taken = re.fullmatch(template()["Parameters"][name]["AllowedPattern"], given) is not None

    try:
        changed(Settings(), **({"sms_rate": given} if given else {}))
    except SettingsError:
        is_good = False
    else:
        is_good = True

    assert is_taken == is_good or (is_good and given == "1000")


@pytest.mark.parametrize("provider", ["end_user_messaging", "sns", "ses"])
def test_as_deployed_every_sender_has_a_share_that_it_can_work_with(provider: str) -> None:
    assert USUAL[provider] / template()["Parameters"]["Senders"]["Default"] >= THINNEST


@pytest.mark.parametrize("name", [f"{name}{end}" for name in QUEUES for end in ("Queue", "Dlq")])
def test_a_queue_is_encrypted_at_rest_and_on_the_way(name: str) -> None:
    refused = policy_of(name)["OnlyEncrypted"]

    assert text(of_type("AWS::SQS::Queue")[name]["KmsMasterKeyId"]) == "${Key.Arn}"
    assert refused["Effect"] == "Deny"
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", sorted(of_type("AWS::SNS::Topic")))
def test_a_topic_is_encrypted_at_rest_and_on_the_way(name: str) -> None:
    refused = policy_of(name)["OnlyEncrypted"]

    assert text(of_type("AWS::SNS::Topic")[name]["KmsMasterKeyId"]) == "${Key.Arn}"
    assert refused["Effect"] == "Deny"
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", TOPICS)
def test_only_its_topic_puts_messages_into_a_queue_of_events(name: str) -> None:
    (allowed,) = [each for each in policy_of(f"{name}Queue").values() if each["Effect"] == "Allow"]

    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": f"{name}Topic"}}}


@pytest.mark.parametrize("name", sorted(of_type("AWS::SNS::Topic")))
def test_only_named_services_of_this_account_speak_through_a_topic(name: str) -> None:
    allowed = [each for each in policy_of(name).values() if each["Effect"] == "Allow"]

    speakers = {each["Principal"]["Service"] for each in allowed}
    assert speakers == TOPICS.get(name.removesuffix("Topic"), {"cloudwatch.amazonaws.com"})
    for each in allowed:
        sources = [text(value) for test in each["Condition"].values() for value in test.values()]
        assert any("${AWS::AccountId}" in source for source in sources)


@pytest.mark.parametrize("name", TOPICS)
def test_receipts_and_replies_come_by_queue_and_never_by_http(name: str) -> None:
    subscription = of_type("AWS::SNS::Subscription")[f"{name}Subscription"]

    assert subscription["Protocol"] == "sqs"
    assert text(subscription["TopicArn"]) == f"${{{name}Topic}}"
    assert text(subscription["Endpoint"]) == f"${{{name}Queue.Arn}}"


def test_mails_and_texts_tell_what_became_of_them() -> None:
    (text_events,) = of_type("AWS::SMSVOICE::ConfigurationSet")["SmsConfigurationSet"]["EventDestinations"]
    mail_events = of_type("AWS::SES::ConfigurationSetEventDestination")["MailEvents"]["EventDestination"]

    assert text(text_events["SnsDestination"]["TopicArn"]) == "${ReceiptsTopic}"
    assert text(mail_events["SnsDestination"]["TopicARN"]) == "${ReceiptsTopic}"
    assert {"bounce", "complaint", "delivery", "reject"} <= set(mail_events["MatchingEventTypes"])


def test_only_an_id_leaves_the_table_and_only_of_what_is_due_at_once() -> None:
    pipe = of_type("AWS::Pipes::Pipe")["DuePipe"]
    (rule,) = pipe["SourceParameters"]["FilterCriteria"]["Filters"]

    assert json.loads(rule["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"about": {"S": [{"anything-but": ["reminder"]}]}}},
    }
    assert pipe["TargetParameters"]["InputTemplate"] == '{"notificationId": <$.dynamodb.Keys.id.S>}'
    assert text(pipe["Target"]) == "${ReminderQueue.Arn}"


def test_one_poisoned_record_does_not_hold_up_the_rest_of_the_stream() -> None:
    source = of_type("AWS::Pipes::Pipe")["DuePipe"]["SourceParameters"]["DynamoDBStreamParameters"]

    assert source["OnPartialBatchItemFailure"] == "AUTOMATIC_BISECT"
    assert source["MaximumRetryAttempts"] == 10
    assert text(source["DeadLetterConfig"]["Arn"]) == "${ReminderDlq.Arn}"


def test_the_sweep_comes_every_minute_and_never_late() -> None:
    rule = of_type("AWS::Events::Rule")["SweepRule"]
    function = of_type("AWS::Serverless::Function")["SweepFunction"]

    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule["Targets"][0]["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
    assert function["Timeout"] < 60  # so that no two run at once


def test_the_catch_up_comes_every_hour_as_one_batch() -> None:
    rule = of_type("AWS::Events::Rule")["CatchUpRule"]

    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert text(rule["Targets"][0]["Arn"]) == "${BatchWorkflow}"


def test_the_balance_is_checked_once_a_night_at_an_hour_that_is_chosen() -> None:
    rule = of_type("AWS::Events::Rule")["BalanceRule"]
    hour = template()["Parameters"]["BalanceHour"]

    assert text(rule["ScheduleExpression"]) == "cron(0 ${BalanceHour} * * ? *)"
    assert (hour["MinValue"], hour["Default"], hour["MaxValue"]) == (0, 10, 23)
    assert text(rule["Targets"][0]["Arn"]) == "${BalanceFunction.Arn}"


@pytest.mark.parametrize("name", sorted(of_type("AWS::Lambda::Permission")))
def test_a_function_is_called_by_its_own_rule_or_door_alone(name: str) -> None:
    permission = of_type("AWS::Lambda::Permission")[name]

    assert permission["Principal"] in {"apigateway.amazonaws.com", "events.amazonaws.com"}
    assert text(permission["SourceArn"]).count("${") >= 1
