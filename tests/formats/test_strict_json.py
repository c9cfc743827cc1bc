from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.formats.strict_json import MAX_DEPTH, MalformedJsonError, parsed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b" \r\n\t", "empty", id="blanks"),
        pytest.param(b"{'a': 1}", "not_json", id="single quotes"),
        pytest.param(b'{"a": 1,}', "not_json", id="comma at the end"),
        pytest.param(b'{"a": 1} x', "not_json", id="something after"),
        pytest.param(b'{"a": 1}{"a": 1}', "not_json", id="two documents"),
        pytest.param(b'{"a": 1', "not_json", id="cut off"),
        pytest.param(b'{"a": 01}', "not_json", id="leading zero"),
        pytest.param(b'{"a": +1}', "not_json", id="plus sign"),
        pytest.param(b'{"a": .5}', "not_json", id="no digit before the point"),
        pytest.param(b'{"a": 0x1F}', "not_json", id="hexadecimal"),
        pytest.param(b'{"a": NaN}', "not_json", id="NaN"),
        pytest.param(b'{"a": -Infinity}', "not_json", id="Infinity"),
        pytest.param(b'{"a": "\n"}', "not_json", id="bare line break in a string"),
        pytest.param(b'{"a": "\\x41"}', "not_json", id="escape that JSON does not have"),
        pytest.param(b'{"a": 1 /* x */}', "not_json", id="comment"),
        pytest.param(b"\xef\xbb\xbf{}", "byte_order_mark", id="byte order mark"),
        pytest.param('{"a": 1}'.encode("utf-16"), "not_utf8", id="UTF-16 with a mark"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), "not_json", id="UTF-16 without"),
        pytest.param('{"a": 1}'.encode("utf-32"), "not_utf8", id="UTF-32"),
        pytest.param(b'{"a": "\xe9"}', "not_utf8", id="Latin-1"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', "not_utf8", id="a surrogate in UTF-8"),
        pytest.param(b'{"a": "\xc0\x80"}', "not_utf8", id="overlong NUL"),
        pytest.param(b'{"a": 1, "a": 1}', "duplicate_key", id="doubled name"),
        pytest.param(b'{"a": {"b": 1, "b": 2}}', "duplicate_key", id="doubled name inside"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', "duplicate_key", id="doubled name in disguise"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, "too_deep", id="100,000 lists"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep", id="100,000 objects"),
        pytest.param(b"[" * 100_000, "too_deep", id="100,000 lists, never closed"),
        pytest.param(b'{"a": ' + b"9" * 5_000 + b"}", "number_too_long", id="5,000 digits"),
        pytest.param(b'{"a": -' + b"9" * 5_000 + b"}", "number_too_long", id="5,000 digits below zero"),
        pytest.param(b'{"a": 0.' + b"1" * 5_000 + b"}", "number_too_long", id="5,000 places"),
    ],
)
def test_refuses_what_is_no_json_or_can_be_read_in_two_ways(body: bytes, code: str) -> None:
    with pytest.raises(MalformedJsonError) as refused:
        parsed(body)

    assert refused.value.code == code


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
def test_takes_exactly_the_depth_it_says(depth: int) -> None:
    body = b"[" * depth + b'"]]]{{{\\"["' + b"]" * depth

    if depth <= MAX_DEPTH:
        assert isinstance(parsed(body), list)
    else:
        with pytest.raises(MalformedJsonError):
            parsed(body)


def test_counts_no_brackets_inside_strings() -> None:
    text = "[{" * 500 + '\\"'

    assert parsed(json.dumps({"a": text}).encode()) == {"a": text}


def test_many_shallow_brackets_are_no_depth() -> None:
    assert len(parsed(b"[" + b"[]," * 5_000 + b"[]]")) == 5_001  # type: ignore[arg-type]


@given(document=JSON)
def test_reads_what_json_writes(document: object) -> None:
    assert parsed(json.dumps(document).encode()) == document
    assert parsed(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")) == document


@given(body=st.binary(max_size=200))
def test_answers_any_bytes_with_a_value_or_its_own_error(body: bytes) -> None:
    with contextlib.suppress(MalformedJsonError):
        parsed(body)
