"""Keys, scopes, and requests that come again."""

from datetime import UTC, datetime, timedelta

import pytest

from kept.core.access import (
    AnsweredRequest,
    ApiKey,
    Scope,
    check_same,
    full_key,
    request_key,
    secret_hash,
    split_key,
)
from kept.core.errors import InvalidInputError, KeyReusedError

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def key(**fields: object) -> ApiKey:
    base: dict[str, object] = {"id": "key_1", "name": "n", "scope": Scope.DESK, "created_at": NOW}
    return ApiKey(secret_hash=secret_hash("s3cret"), **(base | fields))  # type: ignore[arg-type]  # any of its fields


def test_a_wider_scope_covers_the_narrower_ones() -> None:
    covered = {(have, need) for have in Scope for need in Scope if have.covers(need)}

    assert covered == {
        (Scope.READ, Scope.READ),
        (Scope.DESK, Scope.READ),
        (Scope.DESK, Scope.DESK),
        *((Scope.ADMIN, need) for need in Scope),
    }


def test_a_key_opens_with_its_secret_until_it_expires_or_is_taken_back() -> None:
    assert key().opens("s3cret", now=NOW)
    assert not key().opens("other", now=NOW)
    assert not key(expires_at=NOW).opens("s3cret", now=NOW)
    assert key(expires_at=NOW + timedelta(1)).opens("s3cret", now=NOW)
    assert not key(revoked_at=NOW).opens("s3cret", now=NOW)
    assert not key().opens("\ud800", now=NOW)


def test_the_secret_itself_is_not_kept() -> None:
    assert "s3cret" not in repr(key())
    assert [e.index for e in key().index_entries()] == ["api_keys"]


def test_a_key_as_sent_splits_into_id_and_secret() -> None:
    assert split_key(full_key("key_1", "s3cret")) == ("key_1", "s3cret")


@pytest.mark.parametrize("text", ["", "kept", "kept.a", "kept..b", "other.a.b", "kept.a.b.c"])
def test_anything_else_is_no_key(text: str) -> None:
    assert split_key(text) is None


def test_the_same_request_has_the_same_key_and_another_caller_never() -> None:
    assert request_key("key_1", "k", b"body") == request_key("key_1", "k", b"body")
    assert request_key("key_1", "k", b"body").id != request_key("key_2", "k", b"body").id


@pytest.mark.parametrize("bad", ["", "x" * 256, "a b", "é", "a\n"])
def test_refuses_idempotency_keys_that_headers_should_not_carry(bad: str) -> None:
    with pytest.raises(InvalidInputError):
        request_key("key_1", bad, b"")


def test_another_request_under_a_used_key_is_refused() -> None:
    first = request_key("key_1", "k", b"one")
    answered = AnsweredRequest(id=first.id, fingerprint=first.fingerprint, result_id="apt_1", answered_at=NOW)
    check_same(answered, first)

    with pytest.raises(KeyReusedError):
        check_same(answered, request_key("key_1", "k", b"two"))
    assert [e.sort for e in answered.index_entries()] == ["2026-01-06T00:00:00.000000"]
