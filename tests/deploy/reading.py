"""The template and the workflow as values, for the tests that read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from samtranslator.yaml_helper import yaml_parse

from tests.architecture.sources import ROOT

FOLDER: Final = ROOT / "deploy" / "aws"
TEMPLATE: Final = FOLDER / "template.yaml"
WORKFLOW: Final = FOLDER / "batch.asl.json"
SUFFIX: Final = "${EnvironmentSuffix}"

Properties = dict[str, Any]


@cache
def template() -> Properties:
    """Return the template as it stands, before any transform."""
    found: Properties = plain(yaml_parse(TEMPLATE.read_text(encoding="utf-8")))
    return found


@cache
def workflow() -> Properties:
    """Return the definition of the batch workflow."""
    found: Properties = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    return found


def plain(value: Any) -> Any:  # noqa: ANN401 - a document of any shape
    """Return a document with ordinary dictionaries."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def of_type(kind: str) -> dict[str, Properties]:
    """Return the properties of every resource of a type, by its name in the template."""
    return {name: it.get("Properties", {}) for name, it in template()["Resources"].items() if it["Type"] == kind}


def text(value: object) -> str:
    """
    Return a value with its references written out: a name, or a name and an attribute, in ``${}``.

    >>> text({"Ref": "Key"}), text({"Fn::GetAtt": ["Key", "Arn"]}), text({"Fn::Sub": "a-${b}"})
    ('${Key}', '${Key.Arn}', 'a-${b}')
    """
    if isinstance(value, Mapping):
        if "Ref" in value:
            return f"${{{value['Ref']}}}"
        if "Fn::GetAtt" in value:
            found = value["Fn::GetAtt"]
            return f"${{{found if isinstance(found, str) else '.'.join(found)}}}"
        if "Fn::Sub" in value:
            return str(value["Fn::Sub"])
    return str(value)


def texts(value: object) -> tuple[str, ...]:
    """Return one or several values, each with its references written out."""
    return tuple(map(text, value)) if isinstance(value, list) else (text(value),)


def statements(role: str) -> tuple[Properties, ...]:
    """Return what a role may do; statements that hold under a condition alone are among them."""
    policies = template()["Resources"][role]["Properties"].get("Policies", [])
    listed = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    return tuple(each["Fn::If"][1] if "Fn::If" in each else each for each in listed)


def all_statements() -> Iterator[tuple[str, Properties]]:
    """Yield every statement of the template with the resource that carries it."""
    for name in of_type("AWS::IAM::Role"):
        yield from ((name, each) for each in statements(name))
    for name, it in template()["Resources"].items():
        for key in ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"):
            document = it.get("Properties", {}).get(key, {})
            yield from ((name, each) for each in document.get("Statement", []))


def walk(value: object) -> Iterator[str]:
    """Yield every text of a document, keys too."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)
    elif isinstance(value, str):
        yield value
