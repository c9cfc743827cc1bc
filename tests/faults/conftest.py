from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.killing import Nursery


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kill",
        nargs=2,
        metavar=("POINT", "SEED"),
        help="kill at this point of the run of this seed, and at no other: what a failure prints",
    )


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as made:
        yield made
