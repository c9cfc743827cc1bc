import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.contacts import (
    EmailAddress,
    is_valid_number,
    parse_email,
    parse_phone,
    region_of,
)
from kept.core.errors import InvalidInputError

PHONES = json.loads((Path(__file__).parents[1] / "samples" / "phones.json").read_text(encoding="utf-8"))["cases"]
TAKEN = [case for case in PHONES if "e164" in case]
REFUSED = [case for case in PHONES if "code" in case]


def names(cases: list[dict[str, Any]]) -> list[str]:
    return [f"{case['note']}: {case['raw'][:24]!r}" for case in cases]


@pytest.mark.parametrize("case", TAKEN, ids=names(TAKEN))
def test_a_phone_number_is_stored_in_its_international_form(case: dict[str, Any]) -> None:
    phone = parse_phone(case["raw"], region=case["default_region"])

    assert phone == case["e164"]
    assert region_of(phone) == case["region"]
    assert is_valid_number(phone) is case["valid"]
    assert parse_phone(phone, region=None) == phone


@pytest.mark.parametrize("case", REFUSED, ids=names(REFUSED))
def test_what_is_no_phone_number_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_phone(case["raw"], region=case["default_region"], field="phone")

    problem = caught.value.problems[0]
    assert (problem.field, problem.code) == ("phone", case["code"])


@pytest.mark.parametrize(
    "raw", ["98 76 54", "0118 999 881 999 119 7253", "(206) 555-0142 ext. 7", "Dr Mabuse 2065550142"]
)
def test_a_refusal_names_the_remedy_and_never_the_number(raw: str) -> None:
    with pytest.raises(InvalidInputError, match=r"give the number without it|such as \+12065550100") as caught:
        parse_phone(raw, region="US")

    assert not any(part in str(caught.value) for part in ("98", "999", "0142", "Mabuse"))


NUMBERISH = st.text(st.sampled_from("0123456789+()-. /x;=extl:#*,٣Oabc\uff12\u00a0\u200b\n"), max_size=70)


@given(st.one_of(NUMBERISH, st.text(max_size=70)), st.sampled_from([None, "US", "GB", "DE", "IT", "XX"]))
def test_any_text_is_a_phone_number_or_refused_and_nothing_else_happens(raw: str, region: str | None) -> None:
    try:
        phone = parse_phone(raw, region=region)
    except InvalidInputError:
        return

    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", phone)
    assert parse_phone(phone, region=None) == phone


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.Lee@EXAMPLE.Com", "Ann.Lee@example.com"),
        ("ann+clinic@example.com", "ann+clinic@example.com"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        ("a@b.co", "a@b.co"),
        ("ann@clinic.test", "ann@clinic.test"),
        ("ann@sub.domain.example.org", "ann@sub.domain.example.org"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@ｅｘａｍｐｌｅ.com", "ann@example.com"),  # noqa: RUF001 -- full-width letters of a Japanese keyboard
        ("100%@example.com", "100%@example.com"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
    ids=lambda text: text[:32],
)
def test_an_address_is_stored_with_its_domain_in_one_form(raw: str, stored: str) -> None:
    address: EmailAddress = parse_email(raw)

    assert address == stored
    assert parse_email(address) == address


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "not_an_email"),
        ("ann", "not_an_email"),
        ("ann@", "not_an_email"),
        ("@example.com", "not_an_email"),
        ("ann@example", "not_an_email"),
        ("a@@b..co.", "not_an_email"),
        ("a@b@c.co", "not_an_email"),
        ("a..b@example.com", "not_an_email"),
        (".a@example.com", "not_an_email"),
        ("a.@example.com", "not_an_email"),
        ("ann@example..com", "not_an_email"),
        ("ann@example.com.", "not_an_email"),
        ("ann@-example.com", "not_an_email"),
        ("ann@exam_ple.com", "not_an_email"),
        ("ann@example.123", "not_an_email"),
        ("ann@192.0.2.1", "not_an_email"),
        ("a@b.co\n", "not_an_email"),
        ("\na@b.co", "not_an_email"),
        ("a@b.co\r\nBcc: c@d.co", "not_an_email"),
        ("a\r\n@b.co", "not_an_email"),
        ("a%0a@b.co", "not_an_email"),
        ("a@b.co%0D%0ABcc:c@d.co", "not_an_email"),
        ("a\x00@b.co", "not_an_email"),
        ("a\t@b.co", "not_an_email"),
        (" a@b.co", "not_an_email"),
        ("a@b.co ", "not_an_email"),
        ("a b@b.co", "not_an_email"),
        ("\u00a0a@b.co", "not_an_email"),
        ("a\u200b@b.co", "not_an_email"),
        ("a@b\u00ad.co", "not_an_email"),
        ("\ud800@b.co", "not_an_email"),
        ("a@b.\ud800co", "not_an_email"),
        ("a@b.co,c@d.co", "not_an_email"),
        ("a,b@c.co", "not_an_email"),
        ("a@b.co;c@d.co", "not_an_email"),
        ("Ann Lee <a@b.co>", "not_an_email"),
        ('"Ann Lee" <a@b.co>', "not_an_email"),
        ("<a@b.co>", "not_an_email"),
        ("mailto:a@b.co", "not_an_email"),
        ("a(comment)@b.co", "not_an_email"),
        ("a\\@b@c.co", "not_an_email"),
        ('"a\n"@b.co', "not_an_email"),
        ("ann@example.invalid", "not_an_email"),
        ("ann@localhost", "not_an_email"),
        ("ann@printer.local", "not_an_email"),
        ("ann@secret.onion", "not_an_email"),
        ("ann@☃.example", "not_an_email"),
        ("ann@xn--zzzzzz999.co", "not_an_email"),
        ("ann\N{FULLWIDTH COMMERCIAL AT}example.com", "not_an_email"),
        ("a" * 65 + "@example.com", "not_an_email"),
        ("a@" + "b" * 64 + ".com", "not_an_email"),
        ("a@" + "b." * 130 + "com", "not_an_email"),
        ("a" * 100_000 + "@example.com", "not_an_email"),
        ('"a b"@example.com', "not_supported"),
        ('"a@b"@example.com', "not_supported"),
        ("ann@[192.0.2.1]", "not_supported"),
        ("ann@[IPv6:2001:db8::1]", "not_supported"),
        ("jörg@example.com", "not_supported"),
        ("аnn@example.com", "not_supported"),  # noqa: RUF001 -- a Cyrillic letter that looks Latin
    ],
    ids=lambda text: repr(text[:32]),
)
def test_what_is_no_address_is_refused(raw: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_email(raw, field="email")

    problem = caught.value.problems[0]
    assert (problem.field, problem.code) == ("email", code)


@pytest.mark.parametrize(
    "raw", ["mabuse@", "Mabuse <mabuse@example.com>", '"dr mabuse"@example.com', "mabusé@example.com"]
)
def test_a_refusal_names_the_remedy_and_never_the_address(raw: str) -> None:
    with pytest.raises(InvalidInputError, match="; give ") as caught:
        parse_email(raw)

    assert "mabus" not in str(caught.value).lower()


ADDRESSISH = st.text(st.sampled_from('abZ09.@@+-_"\\<>[]:; ,%\n\u00e9\u200b'), max_size=40)


@given(st.one_of(ADDRESSISH, st.emails(), st.text(max_size=40)))
def test_any_text_is_an_address_or_refused_and_nothing_else_happens(raw: str) -> None:
    try:
        address = parse_email(raw)
    except InvalidInputError:
        return

    assert re.fullmatch(r"[!-?A-~]+@[0-9a-z.-]+", address)
    assert parse_email(address) == address
