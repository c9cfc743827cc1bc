"""What every test stands on: the pinned zone rules, and how Hypothesis searches."""

import os
import zoneinfo
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings
from structlog.contextvars import clear_contextvars

from tests.uncounted import uncounted

zoneinfo.reset_tzpath(to=[])
"""Zone rules come from the pinned tzdata package, as they do in the program; a system's own may be years old."""

settings.register_profile(
    "default",
    deadline=None,  # a shared machine is slow at times, and speed is proved in bench/
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", parent=settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _no_ids_of_others() -> Iterator[None]:
    """Leave no id of a request on the log lines of the next test."""
    yield
    clear_contextvars()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count no lines of tests that say so."""
    if item.get_closest_marker("uncounted") is None:
        return (yield)
    with uncounted():
        return (yield)
