"""What is still there after a deployment was taken down; on an emulator of our own, everything there is ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kept.adapters.aws import Client

_LISTS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("dynamodb", "list_tables", "TableNames", ""),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    ("apigatewayv2", "get_apis", "Items", "Name"),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    ("events", "list_rules", "Rules", "Name"),
    ("pipes", "list_pipes", "Pipes", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("sesv2", "list_configuration_sets", "ConfigurationSets", ""),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
)
"""Service, call, member of its answer, and the member with the name."""
_OF_AWS: Final = ("alias/aws/", "AWSServiceRole")


def remains(client: Callable[[str], Client]) -> tuple[str, ...]:
    """Return everything that is still there, each with its service; a key that waits for its end counts as gone."""
    found = []
    for service, operation, member, name in _LISTS:
        for entry in getattr(client(service), operation)().get(member) or []:
            shown = str(entry[name] if name else entry)
            if not shown.startswith(_OF_AWS):
                found.append(f"{service}: {shown}")
    return tuple(found + _live_keys(client("kms")))


def _live_keys(keys: Client) -> list[str]:
    """Return keys that are neither AWS's own nor on their way out: AWS deletes none at once."""
    found: list[str] = []
    for entry in keys.list_keys()["Keys"]:
        about: dict[str, Any] = keys.describe_key(KeyId=entry["KeyId"])["KeyMetadata"]
        if about.get("KeyManager") != "AWS" and about["KeyState"] != "PendingDeletion":
            found.append(f"kms: {entry['KeyId']}")
    return found
