"""Each function may do what its handler does, and nothing else; so may whatever starts them."""

from __future__ import annotations

from typing import Final

import pytest

from tests.deploy.reading import FOLDER, all_statements, of_type, statements, text, texts

RECEIVE: Final = frozenset({"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"})
TRACE: Final = frozenset({"xray:PutTraceSegments", "xray:PutTelemetryRecords"})
LOG: Final = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})
MAIL: Final = frozenset({"ses:SendEmail", "ses:SendRawEmail"})

NAMES: Final = {"A": "Appointments", "P": "Patients", "N": "Notifications", "S": "ScheduleDays", "R": "Records"}

VERBS: Final = ("BatchGetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem")

TABLES: Final[dict[str, tuple[str, ...]]] = {
    # by id, by index, write, remove, hold that nothing has changed
    "Api": ("APNSR", "APNR", "APNSR", "R", ""),
    "Sweep": ("APNSR", "ANR", "ASR", "R", ""),
    "Balance": ("ANR", "ANR", "R", "", ""),
    "Reminder": ("APNSR", "", "PNR", "", "AP"),
    "Request": ("APNSR", "", "APNS", "R", ""),
    "Confirmation": ("APNSR", "", "ANS", "R", ""),
    "Query": ("AR", "A", "", "", ""),
    "Receipts": ("APNR", "", "PNR", "", ""),
    "Replies": ("APNSR", "AP", "APNSR", "R", ""),
    "Batch": ("PNR", "", "PNR", "", ""),
    "BatchStart": ("APNR", "A", "APN", "", ""),
    "BatchSend": ("APNSR", "", "PNR", "", "AP"),
    "BatchFinish": ("N", "N", "", "", ""),
}
"""
For each function and each verb: the tables, by their initials.

Found by following what each handler can reach in ``kept.flow``, and each of them seen in use on an emulator. Only
claiming guards what it has merely read: an address that is answered, a visit that does not list what is sent about it.
"""

RECEIVES: Final = {
    "Request": "AppointmentRequest",
    "Confirmation": "Confirmation",
    "Reminder": "Reminder",
    "Receipts": "Receipts",
    "Replies": "Replies",
}
QUEUES: Final = {"Sweep": "Reminder", "Reminder": "Reminder", "Request": "Confirmation"}
SENDS: Final = frozenset({"Reminder", "Batch", "BatchSend"})
"""Who calls providers: nobody else can, whatever its code may do."""

Right = tuple[str, str]
"""An action, and what it is done to."""

OWN_STATEMENTS: Final[dict[str, frozenset[Right]]] = {
    "CatchUpRole": frozenset({("states:StartExecution", "${BatchWorkflow}")}),
    "DuePipeRole": frozenset(
        {("sqs:SendMessage", "${ReminderQueue.Arn}"), ("sqs:SendMessage", "${ReminderDlq.Arn}")}
        | {
            (f"dynamodb:{verb}", "${NotificationsTable.StreamArn}")
            for verb in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
        }
    ),
    "BatchWorkflowRole": frozenset(
        {("lambda:InvokeFunction", f"${{{name}Function.Arn}}") for name in ("BatchStart", "BatchSend", "BatchFinish")}
        | {("states:StartExecution", "stateMachine:Kept-Batch-${EnvironmentSuffix}")}
        | {
            (f"states:{verb}", "execution:Kept-Batch-${EnvironmentSuffix}/*")
            for verb in ("DescribeExecution", "StopExecution")
        }
        | {(f"xray:{verb}", "*") for verb in ("GetSamplingRules", "GetSamplingTargets")}
        | {(action, "*") for action in TRACE}
        | {
            (f"logs:{verb}", "*")
            for verb in (
                "CreateLogDelivery",
                "GetLogDelivery",
                "UpdateLogDelivery",
                "DeleteLogDelivery",
                "ListLogDeliveries",
                "PutResourcePolicy",
                "DescribeResourcePolicies",
                "DescribeLogGroups",
            )
        }
    ),
}
"""What those may do that are not functions."""

EVERYTHING: Final = {
    "Trace": "X-Ray knows no resources",
    "DeliverLogs": "the delivery of logs knows no resources",
    "TextToNumbers": "a telephone number has no ARN; topics are denied in the next statement",
    "Administered": "in the policy of a key, this is the key",
    "UsedThroughServices": "in the policy of a key, this is the key",
    "UsedByPublishers": "in the policy of a key, this is the key",
    "UsedByLogs": "in the policy of a key, this is the key",
}
"""Statements whose resource is ``*``, by name, and why there is no narrower one."""

NONE: Final = "\u2013"
"""What stands in the list of functions where a function may do nothing with a table."""

NEVER: Final = ("iam:PassRole", "dynamodb:Scan", "events:PutRule", "cloudwatch:PutMetricData")
"""What such systems are often allowed, and nothing here needs."""


def rights(role: str) -> frozenset[Right]:
    """Return what a role is allowed, one right for each action and resource."""
    prefix = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:"
    return frozenset(
        (action, resource.removeprefix(prefix))
        for each in statements(role)
        if each["Effect"] == "Allow"
        for action in texts(each["Action"])
        for resource in texts(each["Resource"])
    )


def needed(function: str) -> frozenset[Right]:
    """Return what a function needs, from the tables above."""
    found = {
        (f"dynamodb:{verb}", f"${{{NAMES[table]}Table.Arn}}{'/index/*' if verb == 'Query' else ''}")
        for verb, tables in zip(VERBS, TABLES[function], strict=True)
        for table in tables
    }
    found |= {(action, f"${{{function}Logs.Arn}}") for action in LOG} | {(action, "*") for action in TRACE}
    if function in RECEIVES:
        found |= {(action, f"${{{RECEIVES[function]}Queue.Arn}}") for action in RECEIVE}
    if function in QUEUES:
        found.add(("sqs:SendMessage", f"${{{QUEUES[function]}Queue.Arn}}"))
    return frozenset(found | (sending() if function in SENDS else set()))


def sending() -> set[Right]:
    """Return what hands a message over: to one number or pool, one identity, and their configuration sets."""
    account = "${AWS::Region}:${AWS::AccountId}"
    texting = {"${SmsOrigination}", "configuration-set/${SmsConfigurationSet}"}
    mailing = {"identity/${SesIdentity}", "configuration-set/${MailConfigurationSet}"}
    return (
        {("sms-voice:SendTextMessage", f"arn:${{AWS::Partition}}:sms-voice:{account}:{end}") for end in texting}
        | {(action, f"arn:${{AWS::Partition}}:ses:{account}:{end}") for end in mailing for action in MAIL}
        | {("sns:Publish", "*")}
    )


def test_every_role_is_in_the_tables() -> None:
    expected = {f"{function}Role" for function in TABLES} | OWN_STATEMENTS.keys()

    assert expected == of_type("AWS::IAM::Role").keys()
    assert {f"{function}Function" for function in TABLES} == of_type("AWS::Serverless::Function").keys()


@pytest.mark.parametrize("function", TABLES)
def test_a_function_may_do_what_it_needs_and_nothing_else(function: str) -> None:
    assert rights(f"{function}Role") == needed(function)


@pytest.mark.parametrize("role", OWN_STATEMENTS)
def test_whatever_starts_them_may_do_that_and_nothing_else(role: str) -> None:
    assert rights(role) == OWN_STATEMENTS[role]


def test_no_action_is_all_of_them() -> None:
    wide = [
        f"{name}: {action}"
        for name, each in all_statements()
        if each["Effect"] == "Allow"
        for action in texts(each["Action"])
        if "*" in action and not action.startswith(("kms:Describe", "kms:Get", "kms:List"))
    ]

    assert wide == []


def test_everything_is_the_resource_only_where_there_is_a_reason() -> None:
    wide = {
        each.get("Sid", name)
        for name, each in all_statements()
        if each["Effect"] == "Allow" and "*" in texts(each.get("Resource", []))
    }

    assert wide == EVERYTHING.keys()


@pytest.mark.parametrize("action", NEVER)
def test_nobody_may(action: str) -> None:
    assert [name for name, each in all_statements() if action in texts(each["Action"])] == []


def test_texts_by_sns_go_to_numbers_and_never_to_topics() -> None:
    for function in SENDS:
        denied = [each for each in statements(f"{function}Role") if each["Effect"] == "Deny"]

        assert [(each["Action"], text(each["Resource"])) for each in denied] == [
            ("sns:Publish", "arn:${AWS::Partition}:sns:*:*:*")
        ]


def test_mail_goes_in_the_name_of_the_practice_alone() -> None:
    for function in SENDS:
        mail = next(each for each in statements(f"{function}Role") if each["Sid"] == "Mail")

        assert mail["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "SesSender"}}}


def test_roles_are_taken_by_one_service_each() -> None:
    for name, role in of_type("AWS::IAM::Role").items():
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

        assert trust["Action"] == "sts:AssumeRole"
        assert list(trust["Principal"]) == ["Service"], name
        assert "ManagedPolicyArns" not in role


def test_the_key_opens_for_this_account_and_named_services_alone() -> None:
    for each in of_type("AWS::KMS::Key")["Key"]["KeyPolicy"]["Statement"]:
        assert each["Sid"] == "Administered" or each["Condition"]
        if each["Sid"] == "Administered":
            assert not {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"} & set(each["Action"])


def test_the_list_of_functions_names_the_same_tables_and_verbs() -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = {
        _function_of(row[0]): row[1:6]
        for row in ([cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines())
        if len(row) == 7 and row[0].startswith("`")
    }

    assert listed == {function: [_letters(function, table) for table in NAMES] for function in TABLES}


def _function_of(handler: str) -> str:
    return "".join(word.capitalize() for word in handler.strip("`").split("_"))


def _letters(function: str, table: str) -> str:
    """Return by which letters the page says what a function may do with a table."""
    return "".join(letter for letter, tables in zip("GQPDC", TABLES[function], strict=True) if table in tables) or NONE
