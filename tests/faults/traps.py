"""
The places at which a program is killed, in words, and the trap that does it.

The program itself knows of none of this: a trap sits in what surrounds it, such as a store, a connection or a wire.
"""

from __future__ import annotations

import os
import signal
from typing import Final

BOOKING: Final = {
    "booking: before the claim": "the request is understood, nothing has been asked of the store",
    "booking: before the commit": "times and reminders are written, the transaction is open",
    "booking: before the answer": "committed, and the client has not been told",
    "booking: half of the reminders planned": "some of the reminders' rows are written, others are not",
}
SENDING: Final = {
    "sending: due ones found": "the index has told what is due, nothing is claimed",
    "sending: facts read": "the claim has read appointment, patient and consents, and has not decided",
    "sending: decided": "the claim has decided to send, nothing of it is written",
    "sending: before the commit": "the attempt is written, the transaction is open",
    "sending: before the connection": "the attempt is committed, the provider has heard nothing",
    "sending: outcome before its commit": "the outcome is written, the transaction is open",
    "sending: outcome committed": "the outcome is committed, and nobody has been told",
    "sending: before the fallback": "the next channel's attempt is decided and not written",
}
PROVIDER: Final = {
    "provider: connected": "the provider has answered the call, no byte of a message is written",
    "provider: half written": "half of a message is written",
    "provider: no answer yet": "the message is written, and its answer has not arrived",
    "provider: answer unread": "the answer has arrived, and nothing was done with it",
}
POINTS: Final = {**BOOKING, **SENDING, **PROVIDER}
"""Each point and what has happened when it is passed."""
_STEPS: Final = {
    "booking": "a client books",
    "moving": "a client moves a visit",
    "cancelling": "a client cancels a visit",
    "opting out": "somebody says no",
    "keeping a call": "a provider calls, with a receipt or a reply",
    "claiming": "the worker claims what is due",
    "recording": "the worker puts on record how a handing-over ended",
    "receipts": "the worker applies a receipt",
    "replies": "the worker applies a reply",
    "purge": "the worker forgets what nobody may keep any longer",
}
_CALLS: Final = {
    "before a read": "something is still to be read",
    "before a write": "all is read and decided, and this is not written yet",
    "after a write": "this is written, and nobody has been told",
}
CALLS: Final = {f"{step}: {call}": f"{_STEPS[step]}; {_CALLS[call]}" for step in _STEPS for call in _CALLS}
"""Points that only a store has which is called for each read and each write."""
CALLED: Final = {
    **CALLS,
    **{point: SENDING[point] for point in SENDING if "commit" not in point},
    **PROVIDER,
}
"""Each point in the run of a program that keeps everything in such a store."""


class Trap:
    """
    Sends a signal to its own process when a point is passed for the n-th time.

    Args:
        point: Which point; empty for none.
        nth: On which passing.
        kind: KILL cannot be caught; TERM asks the program to end.
    """

    def __init__(self, point: str = "", nth: int = 1, kind: signal.Signals = signal.SIGKILL) -> None:
        assert not point or point in {**POINTS, **CALLED}, f"{point!r} is no kill point"
        self.point = point
        self.passed = 0
        self.provider = "outbox"
        """Whose points count among those of the providers."""
        self._nth = nth
        self._kind = kind

    def is_about_to_close(self, point: str) -> bool:
        """Tell whether the next passing of a point is the last."""
        return point == self.point and self.passed + 1 == self._nth

    def passing(self, point: str) -> None:
        """Count a passing, and strike on the chosen one."""
        if not point or point != self.point:
            return
        self.passed += 1
        if self.passed == self._nth:
            os.kill(os.getpid(), self._kind)
            while self._kind is signal.SIGKILL:  # this thread goes nowhere until the signal has come
                signal.pause()

    def passing_at_provider(self, point: str, provider: str) -> None:
        """Count a passing at one of the two providers, if it is the one that counts."""
        if provider == self.provider:
            self.passing(point)
