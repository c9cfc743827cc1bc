"""``kept aws``: what goes to AWS, a day of it on this machine, whether an account is ready, and what it costs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kept.entrypoints.cli.screen import Exit, JsonFlag, command, parts_of, say, table

app = typer.Typer(no_args_is_help=True, help="Run Kept on AWS: pack, try, examine, reckon.")


_NOT_COMPILED = (
    "not compiled, so that each start of a function takes about a third longer: the functions' Python is not on the"
    " path; install it and pack again"
)


@command(app, "package")
def package(
    context: typer.Context,
    out: Annotated[str, typer.Option(help="Folder to write to.")] = "build/aws",
    as_json: JsonFlag = False,
) -> None:
    """Write the archive of the functions, and the template that deploys it with ``sam deploy``."""
    packed = parts_of(context).aws.package(out, _tell)
    size = f"{packed.bytes / 1024**2:.1f} MiB ({packed.unpacked_bytes / 1024**2:.1f} unpacked)"
    lines = [
        f"{packed.archive}: {size}, {packed.libraries} libraries, {packed.files} files",
        f"sha256 {packed.sha256}",
        *(() if packed.compiled else (_NOT_COMPILED,)),
        f"deploy it: sam deploy --guided --template-file {packed.template}",
    ]
    say(packed, as_json=as_json, text="\n".join(lines))


@command(app, "emulate")
def emulate(
    context: typer.Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the emulator running afterwards, until Ctrl-C, to look around.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """
    Deploy the whole template to an emulator on this machine, and live through a day.

    No account, no Docker. IAM is enforced for the functions; the clock is moved, not waited for; everybody is made up.
    """
    from kept.entrypoints.cli.aws_reports import practice_shown

    report = parts_of(context).aws.emulate(keep=keep, tell=_tell)
    say(report, as_json=as_json, text=lambda: practice_shown(report))
    if not report.balances or report.remains or any(step.state == "fail" for step in report.steps):
        raise typer.Exit(Exit.FAILED)


@command(app, "doctor")
def doctor(
    context: typer.Context,
    environment: Annotated[str, typer.Option(help="EnvironmentSuffix of the deployment.")] = "live",
    region: Annotated[str, typer.Option(help="Such as us-west-2; else as the SDK finds it.")] = "",
    endpoint: Annotated[str, typer.Option(help="Address of an emulator, instead of AWS.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Look at senders, limits, receipts, alarms and tables of a deployment, and say what to do."""
    from kept.entrypoints.cli.parts import AwsAccount

    checks = parts_of(context).aws.examine(AwsAccount(environment=environment, region=region, endpoint=endpoint))
    rows = [(check.state, check.name, check.found, check.remedy) for check in checks]
    say({"checks": checks}, as_json=as_json, text=lambda: table(("", "what", "found", "what to do"), rows))
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(Exit.FAILED)


@command(app, "cost")
def cost(
    context: typer.Context,
    appointments: Annotated[int, typer.Option(min=1, help="Appointments a month.")] = 1000,
    as_json: JsonFlag = False,
) -> None:
    """
    Count what an appointment with two reminders needs of AWS, and what that costs.

    The real code runs against an emulator, and what it asks for is counted. What carriers take is not in it.
    """
    from kept.entrypoints.cli.aws_reports import cost_document, cost_shown

    report = parts_of(context).aws.cost(appointments, _tell)
    say(cost_document(report), as_json=as_json, text=lambda: cost_shown(report))


def _tell(line: str) -> None:
    """Say on standard error what is being done."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
