"""
Run the benchmarks: ``python -m bench [booking|dispatching|gateway|growth|lambdas|startup|sweeping ...] [--small]``.

Every figure stands beside the raw limit or a rival of the same run, because a machine's speed drifts. ``--small`` uses
a hundredth of the data, to see that the benchmarks run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import booking, dispatching, gateway, growth, lambdas, startup, sweeping
from bench.report import Line, printed

NAMES = ("booking", "dispatching", "gateway", "growth", "lambdas", "startup", "sweeping")


def main() -> int:
    """Print the tables; answer 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES])
    parser.add_argument("--small", action="store_true", help="a hundredth of the data")
    asked = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory(prefix="kept-bench-") as folder:
        for name, run in _runs(Path(folder), 100 if asked.small else 1).items():
            if asked.names and name not in asked.names:
                continue
            start = time.perf_counter()
            lines = run()
            missed += sum(line.is_met is False for line in lines)
            print(printed(f"{name} ({time.perf_counter() - start:.0f} s)", lines), flush=True)
    return 1 if missed else 0


def _runs(folder: Path, divisor: int) -> dict[str, Callable[[], list[Line]]]:
    return {
        "startup": startup.measure,
        "lambdas": lambdas.measure,
        "gateway": lambda: gateway.measure(count=max(2, 30 // divisor), rounds=max(1, 5 // divisor)),
        "sweeping": lambda: sweeping.measure(count=10_000 // divisor),
        "booking": lambda: booking.measure(folder, stored=100_000 // divisor, count=20_000 // divisor),
        "dispatching": lambda: dispatching.measure(folder, count=20_000 // divisor, planned=1_000_000 // divisor),
        "growth": lambda: growth.measure(folder, few=10_000, many=1_000_000 // divisor),
    }


if __name__ == "__main__":
    sys.exit(main())
