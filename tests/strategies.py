"""Where Hypothesis should look: near zone changes, where code that reads the calendar goes wrong."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
LAST = datetime(2031, 1, 1, tzinfo=UTC)
_STRIDE = timedelta(days=5)  # shorter than the shortest stay of an offset; Morocco's in Ramadan lasts a month
_NEAR_S = 27 * 3600  # a day and a little, so that "the day before" meets the change as well


@cache
def zone_changes() -> dict[str, tuple[datetime, ...]]:
    """Return, for every zone, the instants from 2024 to 2030 at which its offset changes."""
    return {name: _changes(ZoneInfo(name)) for name in sorted(available_timezones())}


def instants_near_zone_changes() -> st.SearchStrategy[tuple[datetime, ZoneInfo]]:
    """Draw a UTC instant, to the second, within 27 hours of a change of the zone beside it."""
    return st.deferred(lambda: st.builds(_instant, st.sampled_from(_all_changes()), _seconds()))


def wall_times_near_changes() -> st.SearchStrategy[tuple[datetime, ZoneInfo]]:
    """Draw a naive wall time within 27 hours of a change of the zone beside it; it may occur never or twice."""
    return st.deferred(lambda: st.builds(_wall, st.sampled_from(_all_changes()), _seconds()))


def _seconds() -> st.SearchStrategy[int]:
    quarters = st.integers(-_NEAR_S // 900, _NEAR_S // 900).map(lambda quarter: quarter * 900)
    return st.one_of(quarters, st.integers(-_NEAR_S, _NEAR_S))


def _instant(change: tuple[str, datetime], seconds: int) -> tuple[datetime, ZoneInfo]:
    name, at = change
    return at + timedelta(seconds=seconds), ZoneInfo(name)


def _wall(change: tuple[str, datetime], seconds: int) -> tuple[datetime, ZoneInfo]:
    name, at = change
    zone = ZoneInfo(name)
    return at.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(seconds=seconds), zone


@cache
def _all_changes() -> tuple[tuple[str, datetime], ...]:
    return tuple((name, at) for name, changes in zone_changes().items() for at in changes)


def _changes(zone: ZoneInfo) -> tuple[datetime, ...]:
    found: list[datetime] = []
    at = FIRST
    while at < LAST:
        if _offset(at, zone) != _offset(at + _STRIDE, zone):
            found.append(_change_between(at, at + _STRIDE, zone))
        at += _STRIDE
    return tuple(found)


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = _offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _offset(at: datetime, zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
