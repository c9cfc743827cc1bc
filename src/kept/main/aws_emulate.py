"""``kept aws emulate``: the whole template on this machine, a day lived through, and all of it taken down again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import kept
from kept.entrypoints.cli.parts import AwsPractice, Check
from kept.main.aws_day import SENDER, Day
from kept.main.aws_emulator import REGION, Emulator, environment_of, running_emulator
from kept.main.aws_fakes import ENDPOINT_VARIABLE, Carrier, running_carrier
from kept.main.aws_outside import Outside
from kept.main.aws_package import ROOT
from kept.main.aws_rehearsal import CLOCK_FILE
from kept.main.aws_remains import remains
from kept.main.aws_stack import BUCKET, Adapted, Choice, DeployedStack, Template, adapted, code_of, deployed, translated
from kept.main.settings import Settings

ENVIRONMENT: Final = "rehearsal"
STACK: Final = "kept-rehearsal"
MOST_MINUTES_KEPT: Final = 24 * 60
PARAMETERS: Final = {
    "EnvironmentSuffix": ENVIRONMENT,
    "KeepData": "false",
    "ProtectData": "false",
    "Sms": "end_user_messaging",
    "SmsOrigination": "phone-number/phone-rehearsal",
    "SesIdentity": SENDER.partition("@")[2],
    "SesSender": SENDER,
    "Senders": "2",
    "Emulator": "true",
    "LogLevel": "INFO",
}
NOT_SHOWN: Final = (
    "End User Messaging: a stand-in on the loopback address takes texts; the right to send them is not asked for",
    "ses statements: without condition and for every identity, since the emulator does not know what they ask",
    "the pipe from the table's stream: the emulator starts none to a queue; the minute's look finds what is due",
    "roles of schedules, pipes and the workflow: not enforced by the emulator; only those of functions are",
    "alarms with metric maths and the SES template: behind the parameter Emulator",
)

Tell = Callable[[str], None]


def emulate(*, keep: bool, tell: Tell) -> AwsPractice:
    """
    Deploy to an emulator, live through a day, and take all of it down.

    Args:
        keep: Leave the emulator running afterwards until Ctrl-C.
        tell: Told what is being done.

    Raises:
        RefusedError: the emulator, or the sources, are not here.
        InvalidInputError: the translator of SAM is not installed.
    """
    began = time.perf_counter()
    tell = _timed(tell, began)
    tell("starting the emulator, which enforces IAM")
    with running_emulator(AUTH="true") as emulator, running_carrier() as carrier:
        clock_file = emulator.folder / "clock"
        clock_file.write_text("0", encoding="ascii")
        tell(f"  it is up at {emulator.url}")
        with environment_of(emulator.environment()):
            choice = _choice(carrier, clock_file)
            plan = _widened(adapted(translated(ROOT / "deploy" / "aws"), choice))
            tell("deploying deploy/aws/template.yaml")
            deploying = time.perf_counter()
            code = code_of([(Path(kept.__file__).parent, "kept/")])
            stack = deployed(emulator.client, plan, name=STACK, code=code, choice=choice)
            deployed_s = time.perf_counter() - deploying
            tell(f"  {stack.status}: {len(stack.ids)} resources")
            emulator.client("sesv2").create_email_identity(EmailIdentity=SENDER)
            emulator.client("sesv2").create_email_identity(EmailIdentity=PARAMETERS["SesIdentity"])
            outside = Outside(emulator, stack, carrier, clock_file)
            day = Day(outside, tell)
            steps = (_deployment(stack), *_lived(day))
            told = _told(day, steps)
        if keep:
            _hold(emulator, outside, tell)
        left = _taken_down(emulator, stack, tell)
        return AwsPractice(
            started_s=emulator.started_s,
            deployed_s=deployed_s,
            seconds=time.perf_counter() - began,
            resources=len(stack.ids),
            left_out=tuple(change for change in plan.changes if "left out" in change),
            changed=(*(change for change in plan.changes if "left out" not in change), *NOT_SHOWN),
            steps=steps,
            sent=tuple(day.sent),
            messages=day.messages(),
            remains=left,
            kept_at=emulator.url if keep else "",
            **told,
        )


def _lived(day: Day) -> Iterator[Check]:
    """Let the day happen, with the store that the functions have."""
    from kept.main.aws_store import open_store

    store = open_store(Settings(tables_suffix=ENVIRONMENT, aws_region=REGION))
    try:
        yield from day.live(store)
    finally:
        store.close()


def _told(day: Day, steps: tuple[Check, ...]) -> dict[str, Any]:
    """Return what the deployed API tells in the end; nothing, when the day did not get so far."""
    if any(step.state == "fail" for step in steps):
        return {"ledger": {}, "balances": False, "worklist": 0}
    is_in_balance = bool(day.balance()["balances"])
    return {"ledger": day.ledger(), "reasons": day.reasons(), "balances": is_in_balance, "worklist": day.calls}


def _deployment(stack: DeployedStack) -> Check:
    is_up = stack.status == "CREATE_COMPLETE"
    found = stack.status if is_up else f"{stack.status}: {'; '.join(stack.failures)}"
    remedy = "" if is_up else "correct the template"
    return Check(name="deployed, with IAM enforced", state="ok" if is_up else "fail", found=found, remedy=remedy)


def _choice(carrier: Carrier, clock_file: Path) -> Choice:
    return Choice(
        parameters=PARAMETERS,
        environment={CLOCK_FILE: str(clock_file), ENDPOINT_VARIABLE: carrier.url, "KEPT_SMS_RATE": "500"},
        handlers="kept.main.aws_rehearsal",
        keeps_time=False,
    )


def _widened(plan: Adapted) -> Adapted:
    """Return the plan with statements about mails that the emulator can judge."""
    roles = [r["Properties"] for r in plan.template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    policies = [policy["PolicyDocument"] for role in roles for policy in role.get("Policies", [])]
    for statement in (part for policy in policies for part in _statements(policy["Statement"])):
        if "ses:SendEmail" in statement.get("Action", ()):
            statement["Resource"] = "*"
            statement.pop("Condition", None)
    return plan


def _statements(listed: list[Template]) -> Iterator[Template]:
    """Yield statements; one that hangs on a condition is inside of it."""
    for statement in listed:
        parts = statement.get("Fn::If", [None, statement])
        yield from (part for part in parts[1:] if isinstance(part, dict) and "Effect" in part)


def _timed(tell: Tell, began: float) -> Tell:
    """Return what tells, with the seconds since it began before each line."""
    return lambda line: tell(f"{time.perf_counter() - began:4.0f} s  {line}")


def _hold(emulator: Emulator, outside: Outside, tell: Tell) -> None:
    """Leave it running until somebody ends it, and say how to look around."""
    tell("still running; Ctrl-C takes it down. To look around meanwhile, in another terminal:")
    tell(f"  curl -H 'Host: {outside.host}' -H 'Authorization: Bearer {outside.key}' {emulator.url}/api/worklist")
    keys = "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1"
    tell(f"  {keys} aws --endpoint-url {emulator.url} dynamodb list-tables")
    try:
        threading.Event().wait(MOST_MINUTES_KEPT * 60)
    except KeyboardInterrupt:
        tell("ending")


def _taken_down(emulator: Emulator, stack: DeployedStack, tell: Tell) -> tuple[str, ...]:
    """Delete the stack and what was put beside it; return what is still there."""
    tell("taking it down")
    formation, store = emulator.client("cloudformation"), emulator.client("s3")
    formation.delete_stack(StackName=stack.name)
    formation.get_waiter("stack_delete_complete").wait(
        StackName=stack.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    for entry in store.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        store.delete_object(Bucket=BUCKET, Key=entry["Key"])
    store.delete_bucket(Bucket=BUCKET)
    return remains(emulator.client)
