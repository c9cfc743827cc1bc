"""The door through which time comes in: it works on what is due."""

from kept.entrypoints.worker.calls import CallReaders, ReplyStep
from kept.entrypoints.worker.dispatcher import Dispatcher, Pulse
from kept.entrypoints.worker.pools import InlineExecutor, SendingThreads
from kept.entrypoints.worker.seated import SeatedDispatcher

__all__ = ["CallReaders", "Dispatcher", "InlineExecutor", "Pulse", "ReplyStep", "SeatedDispatcher", "SendingThreads"]
