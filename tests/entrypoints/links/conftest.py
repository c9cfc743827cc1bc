from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.entrypoints.links.world import LinkWorld, opened_links


@pytest.fixture
def world(tmp_path: Path) -> Iterator[LinkWorld]:
    with opened_links(tmp_path) as made:
        yield made
