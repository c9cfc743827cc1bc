"""Calls to AWS: the only room that knows its SDK."""

from kept.adapters.aws.api import AwsApi, AwsService, Patience

__all__ = ["AwsApi", "AwsService", "Patience"]
