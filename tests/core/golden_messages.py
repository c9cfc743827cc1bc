"""
Every message of a visit as people read it: eight zones, five languages, six texts, both channels.

`python -m tests.core.golden_messages` writes them again after a text has changed; read the difference before it is
committed, because it is what patients will read.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from kept.core.people import ChannelName
from kept.core.texts import BOOKED, CANCELLED, MISSED, MOVED, REMINDER, REMINDER_ASKING
from kept.core.wording import MessageFacts, rendered

FOLDER: Final = Path(__file__).parents[1] / "samples" / "messages"
LANGUAGES: Final = ("en", "es", "fr", "de", "pl")
NAMES: Final = (REMINDER, REMINDER_ASKING, BOOKED, MOVED, CANCELLED, MISSED)


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One visit, seen by one reader."""

    about: str
    zone: str
    start: str
    """UTC."""
    written: timedelta
    """How long before the start; below zero: after it. Who was missed is told so three hours later in any case."""
    reader_zone: str | None = None
    link: str = ""


SCENES: Final = (
    Scene(
        about="the hour after clocks went forward, written on the day before",
        zone="America/New_York",
        start="2026-03-08T07:30Z",
        written=timedelta(hours=12),
        link="https://elm.example/v/abc",
    ),
    Scene(
        about="the day clocks go back by an hour, half an hour off the full ones",
        zone="America/St_Johns",
        start="2026-11-01T13:00Z",
        written=timedelta(hours=24),
        reader_zone="America/St_Johns",
    ),
    Scene(
        about="the second 02:30 of a night, read in another country",
        zone="Europe/Paris",
        start="2026-10-25T01:30Z",
        written=timedelta(days=3),
        reader_zone="America/New_York",
        link="https://elm.example/v/abc",
    ),
    Scene(
        about="half an hour off the full ones, on the same day",
        zone="Asia/Kolkata",
        start="2026-08-15T03:30Z",
        written=timedelta(hours=2),
        reader_zone="Europe/London",
    ),
    Scene(
        about="three quarters off the full ones, a Wednesday in May",
        zone="Asia/Kathmandu",
        start="2026-05-20T05:15Z",
        written=timedelta(days=9),
        reader_zone="UTC",
    ),
    Scene(
        about="the day clocks go forward in the south, tomorrow there and today for the reader",
        zone="Pacific/Auckland",
        start="2026-09-26T21:00Z",
        written=timedelta(hours=20),
        reader_zone="Pacific/Honolulu",
        link="https://elm.example/v/abc",
    ),
    Scene(
        about="the first day of a year, east of the date line and long before it is elsewhere",
        zone="Pacific/Kiritimati",
        start="2026-12-31T20:00Z",
        written=timedelta(hours=1),
    ),
    Scene(
        about="clocks that change by half an hour, written after the visit",
        zone="Australia/Lord_Howe",
        start="2026-10-03T22:45Z",
        written=timedelta(days=-1),
        reader_zone="Australia/Sydney",
    ),
)


def page(language: str) -> str:
    """Return every message in one language."""
    return "\n".join(_blocks(language))


def path(language: str) -> Path:
    return FOLDER / f"{language}.txt"


def _blocks(language: str) -> Iterator[str]:
    for scene in SCENES:
        start = datetime.fromisoformat(scene.start)
        facts = MessageFacts(
            practice="Elm Clinic",
            phone="206-555-0100",
            place="12 Elm Street",
            start=start,
            zone=scene.zone,
            reader_zone=scene.reader_zone,
            link=scene.link,
        )
        for name in NAMES:
            for channel in ChannelName:
                now = start + timedelta(hours=3) if name == MISSED else start - scene.written
                made = rendered(name, channel, language=language, facts=facts, now=now)
                yield f"=== {scene.zone}: {scene.about} / {name} / {channel.value}\n"
                yield f"{made.subject}\n\n{made.text}\n" if made.subject else f"{made.text}\n"


def _write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for language in LANGUAGES:
        path(language).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    _write()
