from __future__ import annotations

import pytest

from tests.aws.emulator import Emulator, session_emulator


@pytest.fixture(scope="session")
def emulator() -> Emulator:
    return session_emulator()
