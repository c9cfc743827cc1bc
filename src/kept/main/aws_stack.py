"""
The stack of `deploy/aws`, as an emulator on this machine takes it.

The template is translated here, without an account. What the emulator cannot do is changed or left out, and each such
change is named, so that nobody takes the rehearsal for more than it is.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.main.aws_emulator import environment_of

REGION: Final = "us-east-1"
SENDERS: Final = 2
"""Instances that send at once, unless chosen otherwise: as many as a laptop has to spare."""
BUCKET: Final = "kept-code"
CODE_KEY: Final = "kept.zip"
TEMPLATE_KEY: Final = "template.json"
UNKNOWN_TYPES: Final = ("AWS::SMSVOICE::",)
"""Types that the emulator refuses: such resources are left out, and what refers to them gets their names."""
POLICIES: Final = ("AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole")
"""Managed policies that the translator may name; it would ask an account otherwise."""

Template = dict[str, Any]
Client = Any
"""One of the SDK's clients; it has no types."""


class Adapted(msgspec.Struct, frozen=True, kw_only=True):
    """The template for the emulator, and what was changed for it."""

    template: Template
    changes: tuple[str, ...]
    """Each as ``Resource: what``, in alphabetical order."""


class DeployedStack(msgspec.Struct, frozen=True, kw_only=True):
    """What was deployed, and where its parts are."""

    name: str
    status: str
    failures: tuple[str, ...]
    """Why parts could not be made."""
    ids: Mapping[str, str]
    """Physical by logical id."""
    outputs: Mapping[str, str]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """How to run it on the emulator."""

    parameters: Mapping[str, str] = {}
    environment: Mapping[str, str] = {}
    """More for each function, such as the addresses of stand-ins for services."""
    handlers: str = ""
    """Module with the handlers instead of the product's; empty: the product's."""
    keeps_time: bool = True
    """Whether the schedules run; otherwise the functions are called by whoever rehearses."""


def translated(folder: Path) -> Template:
    """
    Return the template of a folder as CloudFormation, as AWS would translate it from SAM.

    Raises:
        InvalidInputError: the translator is not installed.
    """
    try:
        from samtranslator.translator.transform import transform
        from samtranslator.yaml_helper import yaml_parse
    except ImportError:
        message = "needs the translator of SAM; install it with: pip install aws-sam-translator"
        raise InvalidInputError.of("aws", "not_installed", message) from None
    template = yaml_parse((folder / "template.yaml").read_text(encoding="utf-8"))
    _inline(template, folder)
    extensions = [name for name in template["Transform"] if name == "AWS::LanguageExtensions"]
    with environment_of({"AWS_DEFAULT_REGION": REGION}):  # else the translator would look for an account
        plain: Template = transform(template, {}, _Managed())
    return {"Transform": extensions, **plain} if extensions else plain


def adapted(template: Template, choice: Choice) -> Adapted:
    """Return what the emulator can take, and each change that this needed."""
    made: Template = json.loads(json.dumps(template, default=str))
    resources: dict[str, Template] = made["Resources"]
    changes: set[str] = set()
    unknown = {name: r for name, r in resources.items() if r["Type"].startswith(UNKNOWN_TYPES)}
    for name, resource in unknown.items():
        del resources[name]
        changes.add(f"{name}: left out, {resource['Type']} is not known")
    made = _replaced(made, {name: _own_name(resource) for name, resource in unknown.items()})
    for name, resource in made["Resources"].items():
        changes.update(f"{name}: {what}" for what in _changed(resource, choice))
        resource["DependsOn"] = [n for n in _listed(resource.get("DependsOn")) if n not in unknown]
    return Adapted(template=made, changes=tuple(sorted(changes)))


def code_of(roots: Iterable[tuple[Path, str]]) -> bytes:
    """Return a package of Python files; each root is a folder or file, and the path under which it goes in."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, inside in _files(roots):
            archive.write(path, inside)
    return packed.getvalue()


def _files(roots: Iterable[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    """Yield each file and its path in the package."""
    for root, prefix in roots:
        found = sorted(root.rglob("*")) if root.is_dir() else [root]
        base = root if root.is_dir() else root.parent
        kept = (path for path in found if path.is_file() and "__pycache__" not in path.parts)
        yield from ((path, prefix + path.relative_to(base).as_posix()) for path in kept)


def deployed(
    client: Callable[[str], Client], plan: Adapted, *, name: str, code: bytes, choice: Choice
) -> DeployedStack:
    """
    Put code and template into the emulator, wait until it has ended one way or the other, and set what it forgets.

    Args:
        client: Gives the SDK's client of a service.
        plan: The template.
        name: Of the stack.
        code: The package of all functions.
        choice: How to run it.
    """
    store = client("s3")
    store.create_bucket(Bucket=BUCKET)
    store.put_object(Bucket=BUCKET, Key=CODE_KEY, Body=code)
    store.put_object(Bucket=BUCKET, Key=TEMPLATE_KEY, Body=json.dumps(plan.template).encode())
    formation = client("cloudformation")
    formation.create_stack(
        StackName=name,
        TemplateURL=f"{store.meta.endpoint_url}/{BUCKET}/{TEMPLATE_KEY}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in choice.parameters.items()],
        OnFailure="DO_NOTHING",
    )
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    stack = _described(formation, name)
    _remind(client, plan, stack)
    return stack


def _described(formation: Client, name: str) -> DeployedStack:
    (stack,) = formation.describe_stacks(StackName=name)["Stacks"]
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    parts = formation.describe_stack_resources(StackName=name)["StackResources"]
    return DeployedStack(
        name=name,
        status=stack["StackStatus"],
        failures=tuple(
            f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}"
            for e in events
            if "FAILED" in e["ResourceStatus"]
        ),
        ids={part["LogicalResourceId"]: part["PhysicalResourceId"] for part in parts},
        outputs={o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
    )


def _remind(client: Callable[[str], Client], plan: Adapted, stack: DeployedStack) -> None:
    """Switch on what the emulator drops when it makes a table from a template."""
    tables = client("dynamodb")
    for name, resource in plan.template["Resources"].items():
        life = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if life and name in stack.ids:
            tables.update_time_to_live(TableName=stack.ids[name], TimeToLiveSpecification=life)


class _Managed:
    """Names managed policies without asking an account."""

    def load(self) -> dict[str, str]:
        return {name: f"arn:aws:iam::aws:policy/service-role/{name}" for name in POLICIES}


def _inline(template: Template, folder: Path) -> None:
    """Put what lies beside the template where the translator wants it: code in a bucket, definitions inside."""
    place = f"s3://{BUCKET}/{CODE_KEY}"
    template.get("Globals", {}).get("Function", {})["CodeUri"] = place
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if isinstance(properties.get("DefinitionUri"), str):
            text = (folder / properties.pop("DefinitionUri")).read_text(encoding="utf-8")
            properties["Definition"] = json.loads(text)


def _changed(resource: Template, choice: Choice) -> list[str]:
    """Change one resource, and return what was changed."""
    properties = resource.setdefault("Properties", {})
    match resource["Type"]:
        case "AWS::Lambda::Function":
            return _rehearsing(properties, choice)
        case "AWS::Lambda::EventSourceMapping":
            return _counting(properties, choice)
        case "AWS::IAM::Role":
            return _in_batches(properties)
        case "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy":
            return _without_tls(properties["PolicyDocument"])
        case "AWS::Events::Rule" if not choice.keeps_time:
            properties["State"] = "DISABLED"
            return ["its schedule does not run"]
        case _:
            return []


def _rehearsing(function: Template, choice: Choice) -> list[str]:
    """Let a function know more, and run other handlers, where that was chosen."""
    function.setdefault("Environment", {}).setdefault("Variables", {}).update(choice.environment)
    if choice.handlers:
        function["Handler"] = f"{choice.handlers}.{function['Handler'].rpartition('.')[2]}"
    return []


def _counting(mapping: Template, choice: Choice) -> list[str]:
    """Say a number as a number: the emulator takes a parameter's value for text, and then reads no queue at all."""
    scaling = mapping.get("ScalingConfig", {})
    most = scaling.get("MaximumConcurrency")
    if not isinstance(most, dict):
        return []
    scaling["MaximumConcurrency"] = int(choice.parameters.get(most["Ref"], SENDERS))
    return ["its concurrency is a plain number"]


def _in_batches(role: Template) -> list[str]:
    """Allow batches by a word of their own: on AWS the permission to send one message covers them."""
    found = [
        part
        for policy in role.get("Policies", ())
        for part in policy["PolicyDocument"]["Statement"]
        if part.get("Action") == "sqs:SendMessage"
    ]
    for part in found:
        part["Action"] = ["sqs:SendMessage", "sqs:SendMessageBatch"]
    return ["may send batches, which AWS counts as sending"] if found else []


def _without_tls(policy: Template) -> list[str]:
    """Let a policy ask for TLS no more."""
    asking = [
        part for part in policy["Statement"] if "aws:SecureTransport" in part.get("Condition", {}).get("Bool", {})
    ]
    for part in asking:
        part["Condition"]["Bool"]["aws:SecureTransport"] = "never"
    return ["asks for no TLS, which is not spoken here"] if asking else []


def _own_name(resource: Template) -> object:
    """Return the name that a resource was given."""
    return next(value for key, value in resource["Properties"].items() if key.endswith("Name"))


def _replaced(node: Any, names: Mapping[str, object]) -> Any:  # noqa: ANN401 any part of a document
    """Return the document with the names of what was left out where it was referred to."""
    if isinstance(node, list):
        return [_replaced(part, names) for part in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"Ref"} and node["Ref"] in names:
        return names[node["Ref"]]
    if node.keys() == {"Fn::Sub"} and isinstance(node["Fn::Sub"], str):
        used = {name: value for name, value in names.items() if f"${{{name}}}" in node["Fn::Sub"]}
        return {"Fn::Sub": [node["Fn::Sub"], used]} if used else node
    return {key: _replaced(value, names) for key, value in node.items()}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []
