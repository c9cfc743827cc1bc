import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.sms import Encoding, SmsSize, non_gsm_characters, segments_of, size_of

SIZES = json.loads((Path(__file__).parents[1] / "samples" / "sms_sizes.json").read_text(encoding="utf-8"))["cases"]

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"

gsm_texts = st.text(st.sampled_from("ab€[" + BASIC), max_size=500)
ucs_texts = st.text(st.one_of(st.sampled_from("aç😀]"), st.characters()), min_size=1, max_size=300).map("ç".__add__)
texts = st.one_of(gsm_texts, ucs_texts)


@pytest.mark.parametrize("case", SIZES, ids=[case["name"] for case in SIZES])
def test_a_message_has_the_size_that_a_carrier_bills(case: dict[str, Any]) -> None:
    expected = SmsSize(encoding=Encoding(case["encoding"]), units=case["units"], segments=case["segments"])

    assert size_of(case["body"]) == expected


@pytest.mark.parametrize("character", BASIC, ids=ascii)
def test_a_character_of_the_basic_alphabet_is_one_septet(character: str) -> None:
    assert size_of(character) == SmsSize(encoding=Encoding.GSM_7, units=1, segments=1)


@pytest.mark.parametrize("character", EXTENSION, ids=ascii)
def test_a_character_of_the_extension_table_is_two_septets(character: str) -> None:
    assert size_of(character) == SmsSize(encoding=Encoding.GSM_7, units=2, segments=1)


def test_the_alphabet_is_whole() -> None:
    assert len(set(BASIC)) == 127
    assert len(set(EXTENSION)) == 10


@pytest.mark.parametrize("character", "ç`áíóúâêô’“”–—…\t\x1b\x00\u00a0АΑ中", ids=ascii)  # noqa: RUF001 -- they look alike, and cost more
def test_any_other_character_turns_the_whole_message_to_ucs_2(character: str) -> None:
    size = size_of(f"[{character}]")

    assert size == SmsSize(encoding=Encoding.UCS_2, units=3, segments=1)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("a" * 151 + "€" + "a" * 153, 2),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("ç" * 134, 2),
        ("ç" * 135, 3),
        ("ç" * 66 + "😀" + "ç" * 66, 3),
        ("ç" * 65 + "😀" + "ç" * 67, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
    ids=lambda value: f"{len(value)} characters, {value[:1]!a}" if isinstance(value, str) else None,
)
def test_parts_fill_up_to_their_edge_and_pairs_move_on_whole(text: str, segments: int) -> None:
    assert size_of(text).segments == len(segments_of(text)) == segments


@given(texts)
def test_parts_joined_are_the_message(text: str) -> None:
    parts = segments_of(text)

    assert "".join(parts) == text
    assert len(parts) == size_of(text).segments


@given(texts)
def test_every_part_fits_and_none_could_take_the_next_character(text: str) -> None:
    encoding, room = (Encoding.GSM_7, 153) if size_of(text).encoding == Encoding.GSM_7 else (Encoding.UCS_2, 67)

    def units(part: str) -> int:
        if encoding is Encoding.UCS_2:
            return len(part.encode("utf-16-le", "surrogatepass")) // 2
        return len(part) + sum(part.count(c) for c in EXTENSION)

    parts = segments_of(text)

    assert sum(units(part) for part in parts) == size_of(text).units
    if len(parts) > 1:
        assert all(units(part) <= room for part in parts)
        assert all(units(part + following[0]) > room for part, following in pairwise(parts))


def test_the_characters_that_cost_are_named_once_in_order() -> None:
    assert non_gsm_characters("“Olá”, até amanhã “já”") == ("“", "á", "”", "ã")
    assert non_gsm_characters("Ç€[]") == ()
