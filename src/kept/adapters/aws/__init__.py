"""Calls to AWS: the only room that knows its SDK."""

from kept.adapters.aws.api import AwsApi, AwsService, Patience
from kept.adapters.aws.clients import Answer, Client, Reach, asked, client

__all__ = ["Answer", "AwsApi", "AwsService", "Client", "Patience", "Reach", "asked", "client"]
