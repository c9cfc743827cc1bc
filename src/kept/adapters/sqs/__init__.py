"""Queues of SQS."""

from kept.adapters.sqs.queue import SqsQueue

__all__ = ["SqsQueue"]
