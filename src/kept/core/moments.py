"""
How an instant is said to a person: the clock of the place, in the reader's language.

Names and orders come from Unicode's CLDR through Babel, offsets from ``zoneinfo``; the machine's own zone and language
are never asked. What is said depends on few things, so it is kept: a day's words by day, a time's by minute.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_timezone_location

from kept.core.sms import Encoding, encoding_of
from kept.core.texts import FALLBACK_LANGUAGE, LANGUAGE_WORDS
from kept.core.zones import zone_named

_LANGUAGE_TAG: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{4})?(?:[-_](?:[A-Za-z]{2}|[0-9]{3}))?")
_ODD_SPACES: Final = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " "})
_NO_CITY: Final = ("GMT", "UTC")
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


class Tongue(msgspec.Struct, frozen=True, kw_only=True):
    """A language to write in, and the customs of a country for its dates."""

    language: str
    """A language of :data:`kept.core.texts.LANGUAGE_WORDS`."""
    tag: str
    """With the country, where one was given: ``es``, ``es_MX``."""


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """A start, seen from a place, a reader and a moment of writing."""

    start: datetime
    zone: str
    """IANA zone of the place."""
    reader_zone: str | None
    now: datetime


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """One way to say when something begins; all of it in the zone of the place."""

    weekday: str
    date: str
    time: str
    day: str
    """``tomorrow (Mon, May 4)``, ``on Mon, May 4``."""
    dated: str
    """The day by its date alone: ``Mon, May 4``."""
    zone: str
    """Empty, or a blank and the name of the zone in brackets."""


class _Day(msgspec.Struct, frozen=True, kw_only=True):
    weekday: str
    brief: tuple[str, ...]
    """Without the weekday, the fullest first."""
    medium: tuple[str, ...]
    """With the weekday; as many."""
    long: str
    full: str


@lru_cache(maxsize=256)
def tongue_for(language: str) -> Tongue:
    """
    Return what to write in for a language tag: with the country's customs if known, else the language, else English.

    >>> tongue_for("es-MX").tag, tongue_for("es-XX").tag, tongue_for("it").tag
    ('es_MX', 'es', 'en')
    """
    base = _base_of(language)
    if base not in LANGUAGE_WORDS:
        return Tongue(language=FALLBACK_LANGUAGE, tag=FALLBACK_LANGUAGE)
    try:
        return Tongue(language=base, tag=str(Locale.parse(language.replace("-", "_"))))
    except UnknownLocaleError:
        return Tongue(language=base, tag=base)


@lru_cache(maxsize=256)
def first_language(*tags: str | None) -> str:
    """
    Return the first of some language tags that there are texts in; English when there is none.

    A tag with a country counts when there are texts in its language: ``es-MX`` reads the Spanish ones.

    Args:
        tags: The one that is wanted most first: the reader's, then the practice's.

    >>> first_language("it", None, "es-MX"), first_language("it")
    ('es-MX', 'en')
    """
    return next((tag for tag in tags if tag and _base_of(tag) in LANGUAGE_WORDS), FALLBACK_LANGUAGE)


def long_saying(occasion: Occasion, tongue: Tongue) -> Saying:
    """
    Return the full way to say it, for where there is room.

    >>> start, now = datetime(2026, 5, 4, 13, tzinfo=UTC), datetime(2026, 5, 3, 13, tzinfo=UTC)
    >>> occasion = Occasion(start=start, zone="America/New_York", reader_zone=None, now=now)
    >>> long_saying(occasion, tongue_for("en")).day
    'tomorrow (Monday, May 4, 2026)'
    """
    local, apart = _local(occasion)
    words, day = LANGUAGE_WORDS[tongue.language], _day(local.date(), tongue.tag)
    return Saying(
        weekday=day.weekday,
        date=day.long,
        time=_time(local.time(), tongue.tag),
        day=_put(_near(local.date(), occasion, tongue) or words.on, day.full),
        dated=day.full,
        zone=_zone_name(occasion.zone, tongue) or _offset_name(local) if apart else "",
    )


def short_sayings(occasion: Occasion, tongue: Tongue) -> tuple[Saying, ...]:
    """
    Return the ways to say it in a text message, the fullest first; the last ones drop the weekday and the city.

    >>> start, now = datetime(2026, 5, 4, 13, tzinfo=UTC), datetime(2026, 5, 3, 13, tzinfo=UTC)
    >>> occasion = Occasion(start=start, zone="America/New_York", reader_zone=None, now=now)
    >>> [saying.day for saying in short_sayings(occasion, tongue_for("en"))]
    ['tomorrow (Mon, May 4)', 'tomorrow (May 4)', 'on Mon, May 4', 'on May 4']
    """
    local, apart = _local(occasion)
    near = _near(local.date(), occasion, tongue)
    zones: tuple[str, ...] = ("",)
    if apart:
        zones = tuple(filter(None, (_zone_name(occasion.zone, tongue), _offset_name(local))))
    return _short_sayings(local.replace(tzinfo=None), near, zones, tongue)


def when_text(instant: datetime, zone: str, tongue: Tongue) -> str:
    """
    Return an instant for a person at the desk: day, time and the name of the zone.

    >>> when_text(datetime(2026, 5, 4, 13, tzinfo=UTC), "America/New_York", tongue_for("en"))
    'Mon, May 4, 9:00 AM (New York time)'
    """
    local = instant.astimezone(zone_named(zone))
    day, said = _day(local.date(), tongue.tag), _time(local.time(), tongue.tag)
    return f"{day.medium[0]}, {said}{_zone_name(zone, tongue) or _offset_name(local)}"


def offset_differs(start: datetime, zone: ZoneInfo, other: ZoneInfo) -> bool:
    """Tell whether clocks in two zones show different times at that instant."""
    return start.astimezone(zone).utcoffset() != start.astimezone(other).utcoffset()


def _base_of(tag: str) -> str:
    match = _LANGUAGE_TAG.fullmatch(tag)
    return match[1].lower() if match else ""


@lru_cache(maxsize=4096)
def _short_sayings(wall: datetime, near: str, zones: tuple[str, ...], tongue: Tongue) -> tuple[Saying, ...]:
    """Return the ways to say a naive wall time: aware ones of two zones would be one key of the cache."""
    day = _day(wall.date(), tongue.tag)
    said = _time(wall.time(), tongue.tag)
    forms = [(form, brief) for medium, brief in zip(day.medium, day.brief, strict=True) for form in (medium, brief)]
    return tuple(
        Saying(weekday=day.weekday, date=brief, time=said, day=_put(pattern, form), dated=form, zone=zone)
        for zone in zones
        for pattern in filter(None, (near, LANGUAGE_WORDS[tongue.language].on))
        for form, brief in forms
    )


def _local(occasion: Occasion) -> tuple[datetime, bool]:
    """Return the start on the clock of the place, and whether the reader's clock shows something else."""
    zone = zone_named(occasion.zone)
    apart = occasion.reader_zone is not None and offset_differs(occasion.start, zone, zone_named(occasion.reader_zone))
    return occasion.start.astimezone(zone), apart


def _near(day: date, occasion: Occasion, tongue: Tongue) -> str:
    """Return the pattern for today or tomorrow as the place sees it at the moment of writing, or nothing."""
    words = LANGUAGE_WORDS[tongue.language]
    days_ahead = (day - occasion.now.astimezone(zone_named(occasion.zone)).date()).days
    return {0: words.today, 1: words.tomorrow}.get(days_ahead, "")


@lru_cache(maxsize=4096)
def _day(day: date, tag: str) -> _Day:
    """Return the words for a day; with numbers as well where GSM-7 cannot write the name of the month."""
    at = datetime.combine(day, time(12), tzinfo=UTC)
    named, with_weekday, numbers, numbers_with_weekday = _plain(
        format_skeleton(skeleton, at, locale=tag) for skeleton in ("MMMd", "MMMEd", "Md", "MEd")
    )
    weekday, long, full = _plain(format_date(day, form, locale=tag) for form in ("EEEE", "long", "full"))
    if encoding_of(named) is Encoding.GSM_7:
        return _Day(weekday=weekday, brief=(named,), medium=(with_weekday,), long=long, full=full)
    brief, medium = (named, numbers), (with_weekday, numbers_with_weekday)
    return _Day(weekday=weekday, brief=brief, medium=medium, long=long, full=full)


@lru_cache(maxsize=4096)
def _time(at: time, tag: str) -> str:
    """Return the time of day with 12 or 24 hours, as the locale has it."""
    return _plain((format_time(at, "short", locale=tag),))[0]


@lru_cache(maxsize=1024)
def _zone_name(name: str, tongue: Tongue) -> str:
    """Return the zone named by its city, or nothing where it has none."""
    place = get_timezone_location(zone_named(name), locale=tongue.tag, return_city=True)
    city = _plain((place,))[0].rpartition("/")[2]  # CLDR gives some as Argentina/Buenos Aires
    if city.startswith(_NO_CITY):
        return ""
    return f" ({_put(LANGUAGE_WORDS[tongue.language].zone, city)})"


def _offset_name(local: datetime) -> str:
    """
    Return the zone named by its offset.

    >>> _offset_name(datetime.fromisoformat("2026-05-04T09:00-03:30"))
    ' (GMT-3:30)'
    """
    offset = local.utcoffset() or timedelta(0)
    if not offset:
        return " (GMT)"
    hours, minutes = abs(offset) // _HOUR, abs(offset) % _HOUR // _MINUTE
    return f" (GMT{'-' if offset < timedelta(0) else '+'}{hours}{f':{minutes:02}' if minutes else ''})"


def _put(pattern: str, word: str) -> str:
    return pattern.replace("{0}", word)


def _plain(words: Iterable[str]) -> tuple[str, ...]:
    """Return CLDR's words with plain spaces, because many mail programs and all text messages show others badly."""
    return tuple(word.translate(_ODD_SPACES) for word in words)
