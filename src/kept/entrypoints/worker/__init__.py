"""The door through which time comes in: it works on what is due."""

from kept.entrypoints.worker.calls import ApplyReply, CallReaders
from kept.entrypoints.worker.dispatcher import Dispatcher, Pulse
from kept.entrypoints.worker.pools import InlineExecutor, SendingThreads
from kept.entrypoints.worker.seated import SeatedDispatcher

__all__ = ["ApplyReply", "CallReaders", "Dispatcher", "InlineExecutor", "Pulse", "SeatedDispatcher", "SendingThreads"]
