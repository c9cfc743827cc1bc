from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.emulator import Emulator, session_emulator
from tests.aws.stack import Stack, deployed_stack


@pytest.fixture(scope="session")
def emulator() -> Emulator:
    return session_emulator()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole deployment, on an emulator of its own that enforces IAM."""
    with deployed_stack(tmp_path_factory.mktemp("stack")) as made:
        yield made
