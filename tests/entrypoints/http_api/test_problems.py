"""Every family of errors has its status, and no answer repeats what it must not."""

from __future__ import annotations

import json

import pytest

from kept.core.errors import (
    InvalidInputError,
    KeptError,
    NotFoundError,
    OutsideError,
    RefusedError,
    StateConflictError,
)
from kept.entrypoints.http_api.problems import KINDS, pointer_to, problem_of


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (RefusedError("quiet_hours", "it is night there"), 422, "validation"),
        (NotFoundError("appointment"), 404, "not-found"),
        (StateConflictError("too late"), 409, "state-conflict"),
        (OutsideError("canary down"), 503, "storage-unavailable"),
        (KeptError("canary"), 500, "internal-error"),
        (InvalidInputError.of("Idempotency-Key", "invalid_key", "is none"), 400, "idempotency-key-invalid"),
    ],
)
def test_a_family_of_errors_has_its_status(error: KeptError, status: int, kind: str) -> None:
    problem = problem_of(error)

    told = json.loads(problem.body("t1"))
    assert (problem.status, problem.kind) == (status, kind)
    assert (told["status"], told["title"], told["traceId"]) == (status, KINDS[kind].title, "t1")
    assert "canary" not in repr(told)


def test_a_refusal_carries_its_code_and_whatever_helps() -> None:
    told = json.loads(problem_of(RefusedError("quiet_hours", "it is night there", earliest="08:00")).body("t1"))

    assert (told["code"], told["earliest"], told["detail"]) == ("quiet_hours", "08:00", "It is night there.")


def test_many_wrong_fields_are_all_listed_and_three_are_named() -> None:
    wrong = [InvalidInputError.of(f"f{n}", "required", "is missing").problems[0] for n in range(5)]

    told = json.loads(problem_of(InvalidInputError(*wrong)).body("t1"))

    assert told["detail"] == "f0 is missing. f1 is missing. f2 is missing. And 2 more; see errors."
    assert [error["pointer"] for error in told["errors"]] == [f"#/f{n}" for n in range(5)]
    assert "code" not in told


@pytest.mark.parametrize(
    ("field", "pointer"),
    [("", "#"), ("start", "#/start"), ("a~1b/c~0d", "#/a~1b/c~0d"), ("é x", "#/%C3%A9%20x"), ('"<%', "#/%22%3C%25")],
)
def test_a_pointer_is_a_fragment_of_an_address(field: str, pointer: str) -> None:
    assert pointer_to(field) == pointer
