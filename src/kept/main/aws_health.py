"""How it goes on AWS, from what the sweep and the check by night have noted."""

from __future__ import annotations

from kept.core.errors import OutsideError
from kept.core.watch import alarm_of
from kept.entrypoints.http_api import Health
from kept.flow.balance import load_nightly
from kept.flow.watch import load_heartbeat
from kept.main.nightly_words import balance_said
from kept.ports.clock import Clock
from kept.ports.store import Store


def cloud_health(store: Store, clock: Clock) -> Health:
    """Return what is well and what is not; no commit is made for it, and nobody waits."""
    now = clock.now()
    try:
        beat, nightly = load_heartbeat(store), load_nightly(store)
    except OutsideError:
        return Health(ok=False, checks={"store": "unavailable", "sending": "unknown", "balance": "unknown"})
    checks = {"store": "ok", "balance": balance_said(nightly, now=now)}
    if beat is None:
        return Health(ok=True, checks=checks | {"sending": "nobody has looked yet"})
    alarm = alarm_of(beat, due=beat.due, oldest_at=beat.oldest_due_at, now=now)
    said = f"{alarm.about.value}, {alarm.due} wait" if alarm else "ok"
    return Health(ok=alarm is None, checks=checks | {"sending": said})
