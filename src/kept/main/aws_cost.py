"""``kept aws cost``: what one appointment's life takes of AWS, counted from real calls, times the list prices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from kept.entrypoints.cli.parts import CostLine, CostReport, CostStep, PlainDesign
from kept.main.aws_emulator import environment_of, running_emulator
from kept.main.aws_fakes import running_carrier
from kept.main.aws_life import LIVES, LOGS, Lives, environment_for

PRICES: Final = Path(__file__).parent / "data" / "aws_prices.json"
REQUESTS: Final = "Lambda requests"
SECONDS: Final = "Lambda GB-seconds, arm64"
QUEUE: Final = "SQS requests"
TOPIC: Final = "SNS publishes"
GATEWAY: Final = "HTTP API requests"
TRANSITIONS: Final = "Standard workflow transitions"
CHILDREN: Final = "Express workflow requests"
CHILD_SECONDS: Final = "Express workflow GB-seconds"
BATCH: Final = 50
TRANSITIONS_A_BATCH: Final = 5
"""Of the workflow of one batch: its start, a choice, the map, the sum and the end."""
LOOKS_A_MONTH: Final = 30 * 24 * 60
MILLION: Final = 1e6
_SHARED: Final = 1 / LIVES
"""Of what one delivery of a queue takes: ten come at once where there is much to do."""


class Time(msgspec.Struct, frozen=True, kw_only=True):
    """How long a function is assumed to run for one call, and with how much memory."""

    seconds: float
    gigabytes: float

    @property
    def gb_s(self) -> float:
        """What is paid for."""
        return self.seconds * self.gigabytes


class Prices(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The price list."""

    of: str
    region: str
    source: str = msgspec.field(name="from")
    dollars_per_million: dict[str, float]
    plain_designs: tuple[PlainDesign, ...]
    assumed: dict[str, Time]


def cost(appointments: int, tell: Callable[[str], None]) -> CostReport:
    """
    Count what an appointment's life needs, and what that costs.

    Args:
        appointments: A month, for the share of what runs anyway.
        tell: Told what is being done.

    Raises:
        RefusedError: the emulator is not here, or the lives did not come out right.
    """
    prices = load_prices()
    with (
        running_emulator() as emulator,
        running_carrier() as carrier,
        environment_for(emulator, carrier) as variables,
        environment_of(variables),
        closing(Lives(emulator, carrier)) as lives,
    ):
        counted = _counted(lives, tell)
    return CostReport(
        steps=tuple(_step(name, counts, prices) for name, counts in _steps(counted, prices).items()),
        batches=tuple(_step(name, counts, prices) for name, counts in _batches(counted["batch"], prices).items()),
        monthly=_step("the minute's look, a month", _looks(counted["idle"], prices), prices),
        others=tuple(prices.plain_designs),
        prices_of=prices.of,
        prices_from=prices.source,
        appointments=appointments,
    )


def load_prices() -> Prices:
    """Return the price list."""
    return msgspec.json.decode(PRICES.read_bytes(), type=Prices)


def _counted(lives: Lives, tell: Callable[[str], None]) -> dict[str, Mapping[str, float]]:
    """Let the lives happen; return what each part of them took in all."""
    tell(f"{LIVES} appointments are booked, reminded twice and delivered; {BATCH} texts leave as one batch")
    lives.set_up()
    lives.idle()
    counted = {"idle": lives.idle(), "booking": lives.book()}
    for name, lead in (("first", timedelta(hours=24)), ("second", timedelta(hours=1))):
        counted[name] = lives.remind(lead)
        counted[f"{name} receipt"] = lives.hear()
    counted["batch"] = lives.batch(BATCH)
    return counted


Counts = dict[str, tuple[float, bool]]
"""By unit: how many, and whether that is assumed."""


def _steps(counted: Mapping[str, Mapping[str, float]], prices: Prices) -> dict[str, Counts]:
    """Return what one appointment takes, step by step."""
    queued = {QUEUE: (3 * _SHARED, True), REQUESTS: (_SHARED, True)}
    reminders, receipts = (Counter(counted[name]) for name in ("first", "first receipt"))
    reminders.update(counted["second"])
    receipts.update(counted["second receipt"])
    looks = Counter({name: 2 * value for name, value in counted["idle"].items()})
    reminders.subtract(looks)
    return {
        "booking by HTTP": {
            GATEWAY: (1, False),
            REQUESTS: (1, False),
            SECONDS: (prices.assumed["api"].gb_s, True),
            **_each(counted["booking"]),
        },
        "two reminders": {
            **{name: (2 * value, assumed) for name, (value, assumed) in queued.items()},
            SECONDS: (2 * prices.assumed["reminder"].gb_s, True),
            **_each(reminders),
        },
        "two receipts": {
            TOPIC: (2, True),
            QUEUE: (2 * (1 + 2 * _SHARED), True),
            REQUESTS: (2 * _SHARED, True),
            SECONDS: (2 * prices.assumed["receipts"].gb_s, True),
            **_each(receipts),
        },
    }


def _batches(counted: Mapping[str, float], prices: Prices) -> dict[str, Counts]:
    """Return what one text of a batch takes, sent by one function and by the workflow."""
    each = {name: (value / BATCH, False) for name, value in counted.items()}
    seconds = prices.assumed["reminder"].gb_s
    return {
        f"one text, in a batch of {BATCH}": {REQUESTS: (1 / BATCH, False), SECONDS: (seconds, True), **each},
        f"one text, in a workflow of {BATCH}": {
            TRANSITIONS: (TRANSITIONS_A_BATCH / BATCH, True),
            CHILDREN: (1, True),
            CHILD_SECONDS: (prices.assumed["child"].gb_s, True),
            REQUESTS: (2 + 2 / BATCH, True),
            SECONDS: (2 * seconds, True),
            **each,
        },
    }


def _looks(idle: Mapping[str, float], prices: Prices) -> Counts:
    """Return what a month of looks takes, whoever comes."""
    seconds = prices.assumed["receipts"].gb_s
    own: Counts = {REQUESTS: (LOOKS_A_MONTH, False), SECONDS: (LOOKS_A_MONTH * seconds, True)}
    return own | {name: (LOOKS_A_MONTH * value, False) for name, value in idle.items()}


def _each(counts: Mapping[str, float]) -> Counts:
    return {name: (value / LIVES, False) for name, value in counts.items()}


def _step(name: str, counts: Counts, prices: Prices) -> CostStep:
    lines = [
        CostLine(unit=unit, count=count, price=prices.dollars_per_million[unit], is_assumed=assumed)
        for unit, (count, assumed) in counts.items()
        if count or unit != LOGS
    ]
    return CostStep(name=name, lines=tuple(lines))
