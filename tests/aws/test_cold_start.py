"""A function is there soon after it was asked for."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from tests.aws.steps import STEPS

MOST_S: Final = 0.6
TRIES: Final = 3
"""The best counts: others may be at work on this machine."""
MEASURE: Final = """
import sys, time
begun = time.process_time()
from kept.main import aws_lambda
aws_lambda._preload(sys.argv[1])
print(time.process_time() - begun)
"""
NAMES: Final = {
    function: "".join(f"_{c.lower()}" if c.isupper() else c for c in function).lstrip("_") for function in STEPS
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_handler_is_imported_soon(name: str) -> None:
    command = [sys.executable, "-c", MEASURE, f"kept.main.aws_lambda.{name}"]

    took = [float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) for _ in range(TRIES)]

    assert min(took) < MOST_S
