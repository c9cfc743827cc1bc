"""The template is one that AWS takes: read by cfn-lint, translated by SAM, gone through by checkov."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from tests.architecture.sources import ROOT
from tests.deploy.reading import FOLDER, SUFFIX, TEMPLATE, of_type, plain, template, text, walk, workflow

PROGRAMS: Final = Path(sys.executable).parent
CHECKOV: Final = ROOT / ".venv" / "checkov" / "bin" / "checkov"

NAMES: Final = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Pipes::Pipe": "Name",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SMSVOICE::ConfigurationSet": "ConfigurationSetName",
    "AWS::SMSVOICE::OptOutList": "OptOutListName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Serverless::StateMachine": "Name",
}
"""Which property names a resource of a type."""

NAMELESS: Final = {
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SES::Template",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
"""Types that have no name of their own, or one inside something else."""

DATA: Final = {
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
    "AWS::SMSVOICE::OptOutList",
}
"""What outlives the stack where data is kept: a table without its key is lost too."""


LONGEST_S: Final = {"Balance": 900}
"""Functions that may take longer than the five minutes of the others; 900 is the longest that AWS lets any run."""


class Managed:
    """Stands for the list of managed policies that the translator would ask an account for."""

    def load(self) -> dict[str, str]:
        return {}


def translated() -> dict[str, Any]:
    """Return the template as CloudFormation gets it."""
    given = json.loads(json.dumps(template()))
    given["Globals"]["Function"]["CodeUri"] = "s3://code/functions.zip"
    machine = given["Resources"]["BatchWorkflow"]["Properties"]
    del machine["DefinitionUri"]
    machine["Definition"] = workflow()
    found: dict[str, Any] = plain(transform(given, {}, Managed()))
    return found


@pytest.fixture(scope="module", autouse=True)
def _region() -> Any:  # noqa: ANN401 - a generator of nothing
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield


def lint(path: Path) -> str:
    """Return what cfn-lint finds fault with: errors and warnings."""
    ran = subprocess.run([PROGRAMS / "cfn-lint", path], capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


def test_has_no_error_and_no_warning() -> None:
    assert lint(TEMPLATE) == ""


def test_the_linter_is_seen_to_bite(tmp_path: Path) -> None:
    spoiled = TEMPLATE.read_text(encoding="utf-8").replace("BillingMode: PAY_PER_REQUEST", "BillingMode: FREE", 1)
    (tmp_path / "batch.asl.json").write_text((FOLDER / "batch.asl.json").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "template.yaml").write_text(spoiled, encoding="utf-8")

    assert "FREE" in lint(tmp_path / "template.yaml")


def test_is_translated_without_an_account() -> None:
    try:
        found = translated()
    except InvalidDocumentException as error:
        pytest.fail(str([cause.message for cause in error.causes]))

    kinds = {it["Type"] for it in found["Resources"].values()}
    assert not {kind for kind in kinds if kind.startswith("AWS::Serverless::")}
    assert len(found["Resources"]) < 500  # CloudFormation quotas, "Resources"


def test_makes_no_role_that_is_not_written_here() -> None:
    made = {name for name, it in translated()["Resources"].items() if it["Type"] == "AWS::IAM::Role"}

    assert made == set(of_type("AWS::IAM::Role"))


def test_no_check_of_checkov_fails_without_a_written_reason() -> None:
    assert CHECKOV.exists(), "checkov is not set up; `make test` does it, and so does `make .venv/checkov/.done`"
    ran = subprocess.run(
        [CHECKOV, "-f", TEMPLATE, "--framework", "cloudformation", "--skip-download", "--quiet", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )

    result = json.loads(ran.stdout)
    failed = [f"{each['check_id']} {each['resource']}" for each in result["results"]["failed_checks"]]

    assert failed == []
    assert result["summary"]["passed"] > 200
    assert result["summary"]["parsing_errors"] == 0


def test_every_skipped_check_has_a_reason_that_says_something() -> None:
    reasons = {
        each["comment"]
        for it in template()["Resources"].values()
        for each in it.get("Metadata", {}).get("checkov", {}).get("skip", [])
    }

    assert all(len(reason) > 40 for reason in reasons)
    assert len(reasons) < 10


def test_every_name_ends_with_the_environment_or_says_it() -> None:
    nameless = {kind for kind in (it["Type"] for it in template()["Resources"].values()) if kind not in NAMES}
    missing = [
        name
        for kind, key in NAMES.items()
        for name, properties in of_type(kind).items()
        if SUFFIX not in text(properties.get(key, ""))
    ]

    assert missing == []
    assert nameless == NAMELESS


def test_nothing_is_bound_to_a_region_or_an_account() -> None:
    bound = re.compile(r"\b(?:af|ap|ca|eu|il|me|mx|sa|us)(?:-gov)?-[a-z]+-[0-9]\b|\b[0-9]{12}\b|arn:aws[:-]")

    found = [each for each in walk(template()) if bound.search(each)]

    assert found == []


def test_every_parameter_is_described_used_and_has_a_default() -> None:
    parameters = template()["Parameters"]
    rest = json.dumps({key: value for key, value in template().items() if key not in {"Parameters", "Metadata"}})
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert all(len(each["Description"]) > 10 for each in parameters.values())
    assert all("Default" in each for each in parameters.values())
    assert [name for name in parameters if f'"{name}"' not in rest and f"${{{name}}}" not in rest] == []
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(parameters)


def test_what_holds_data_is_kept_where_data_is_kept_and_only_there() -> None:
    follows = {"Fn::If": ["KeepsData", "Retain", "Delete"]}

    for name, it in template()["Resources"].items():
        policies = (it.get("DeletionPolicy", "Delete"), it.get("UpdateReplacePolicy", "Delete"))
        expected = follows if it["Type"] in DATA else "Delete"
        assert policies == (expected, expected), name


def test_every_function_runs_alike() -> None:
    shared = template()["Globals"]["Function"]

    assert shared["Runtime"] == "python3.13"
    assert shared["Architectures"] == ["arm64"]
    assert shared["Tracing"] == "Active"
    assert shared["CodeUri"] == "build/"


def test_the_api_starts_from_a_snapshot() -> None:
    api = of_type("AWS::Serverless::Function")["ApiFunction"]

    assert api["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert text(of_type("AWS::ApiGatewayV2::Integration")["ApiIntegration"]["IntegrationUri"]) == "${ApiFunction.Alias}"


@pytest.mark.parametrize("name", sorted(of_type("AWS::Serverless::Function")))
def test_every_function_has_a_role_and_a_log_of_its_own_and_a_limit(name: str) -> None:
    function = of_type("AWS::Serverless::Function")[name]
    own = name.removesuffix("Function")

    assert text(function["Role"]) == f"${{{own}Role.Arn}}"
    assert text(function["LoggingConfig"]["LogGroup"]) == f"${{{own}Logs}}"
    assert 15 <= function["Timeout"] <= LONGEST_S.get(own, 300)
    assert function["MemorySize"] in {256, 512, 1024}


def test_every_handler_is_there() -> None:
    from kept.main import aws_lambda

    named = [function["Handler"] for function in of_type("AWS::Serverless::Function").values()]

    module = f"{aws_lambda.__name__}."
    assert [handler for handler in named if not handler.startswith(module)] == []
    assert [handler for handler in named if not callable(getattr(aws_lambda, handler.removeprefix(module), None))] == []


def test_every_log_is_encrypted_and_ends_after_thirty_days() -> None:
    for properties in of_type("AWS::Logs::LogGroup").values():
        assert properties["RetentionInDays"] == 30
        assert text(properties["KmsKeyId"]) == "${Key.Arn}"


def test_the_door_takes_fifty_a_second_and_a_hundred_at_once() -> None:
    stage = of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]

    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 100


def test_the_log_of_the_door_names_no_path() -> None:
    stage = of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]

    assert "path" not in stage["AccessLogSettings"]["Format"].lower()
    assert "ip" not in re.findall(r"[a-z]+", stage["AccessLogSettings"]["Format"].lower())


def test_the_page_on_deploying_names_every_parameter_and_output_that_is_there() -> None:
    page = (ROOT / "docs" / "how-to" / "deploy-to-aws.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][A-Za-z]+)`", page))

    assert [name for name in template()["Parameters"] if name not in named] == []
    assert {"RepliesTopicArn", "Url"} <= template()["Outputs"].keys() & named


@pytest.mark.parametrize("environment", ["test", "live"])
def test_settings_of_an_environment_are_ones_that_the_template_takes(environment: str) -> None:
    settings = tomllib.loads((FOLDER / "samconfig.toml").read_text(encoding="utf-8"))
    parameters = settings[environment]["deploy"]["parameters"]
    given = dict(pair.split("=") for pair in parameters["parameter_overrides"].split())

    assert given.keys() <= template()["Parameters"].keys()
    assert given["EnvironmentSuffix"] == environment
    assert given["KeepData"] == given["ProtectData"] == ("true" if environment == "live" else "false")
    assert parameters["stack_name"] == f"kept-{environment}"


@pytest.mark.parametrize("name", sorted(of_type("AWS::Serverless::Function")))
def test_a_variable_is_a_text_or_made_of_some(name: str) -> None:
    variables = of_type("AWS::Serverless::Function")[name].get("Environment", {}).get("Variables", {})

    assert [key for key, value in variables.items() if not isinstance(value, str | dict)] == []
