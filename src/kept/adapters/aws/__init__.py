"""Calls to AWS: the only room that knows its SDK."""

from kept.adapters.aws.api import AwsApi, AwsService, Patience, Session, open_session
from kept.adapters.aws.clients import Answer, Client, Reach, asked, client

__all__ = [
    "Answer",
    "AwsApi",
    "AwsService",
    "Client",
    "Patience",
    "Reach",
    "Session",
    "asked",
    "client",
    "open_session",
]
