"""What ``kept aws`` does, each part imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kept.entrypoints.cli.parts import AwsAccount, AwsPackage, AwsPractice, Check, CostReport

Tell = Callable[[str], None]


class LocalAwsTools:
    """Works from this machine: on its own sources, its own emulator, and the account that the SDK finds here."""

    def package(self, out: str, tell: Tell) -> AwsPackage:
        """Write the archive of the functions and the template that deploys it."""
        from kept.main.aws_package import checked_out, package

        return package(checked_out(out), tell)

    def emulate(self, *, keep: bool, tell: Tell) -> AwsPractice:
        """Deploy to an emulator on this machine, live through a day, and take all of it down."""
        from kept.main.aws_emulate import emulate

        return emulate(keep=keep, tell=tell)

    def examine(self, account: AwsAccount) -> tuple[Check, ...]:
        """Look at everything that can be wrong with a deployment and its account."""
        from kept.main.aws_doctor import examine

        return examine(account)

    def cost(self, appointments: int, tell: Tell) -> CostReport:
        """Count what an appointment's life needs of AWS, and what that costs."""
        from kept.main.aws_cost import cost

        return cost(appointments, tell)
