"""How it goes on AWS, from what the sweep has noted."""

from __future__ import annotations

from kept.core.errors import OutsideError
from kept.core.watch import alarm_of
from kept.entrypoints.http_api import Health
from kept.flow.watch import load_heartbeat
from kept.ports.clock import Clock
from kept.ports.store import Store


def cloud_health(store: Store, clock: Clock) -> Health:
    """Return what is well and what is not; no commit is made for it, and nobody waits."""
    try:
        beat = load_heartbeat(store)
    except OutsideError:
        return Health(ok=False, checks={"store": "unavailable", "sending": "unknown"})
    if beat is None:
        return Health(ok=True, checks={"store": "ok", "sending": "nobody has looked yet"})
    alarm = alarm_of(beat, due=beat.due, oldest_at=beat.oldest_due_at, now=clock.now())
    said = f"{alarm.about.value}, {alarm.due} wait" if alarm else "ok"
    return Health(ok=alarm is None, checks={"store": "ok", "sending": said})
