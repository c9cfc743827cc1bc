"""Links that open one thing, for as long as it matters, and that nobody can make or bend."""

from __future__ import annotations

import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.errors import ExpiredError, InvalidInputError, NotFoundError
from kept.core.links import UNSUBSCRIBE_PATH, VISIT_PATH, Links, UnsubscribeLink, VisitLink, links_at
from kept.core.people import ChannelName, consent_id

NOW = datetime(2026, 5, 4, 13, tzinfo=UTC)
START = NOW + timedelta(days=3)
END = START + timedelta(minutes=30)
KEY, NEXT_KEY = b"k" * 32, b"n" * 32
LINKS = links_at("https://visits.example", (KEY,))
VISIT = Appointment(
    id="apt_" + "abcdefghijklm" * 2,
    sequence=2,
    patient_id="ann@example.com",
    start=START,
    end=END,
    zone="America/New_York",
    start_local=START.replace(tzinfo=None),
    status=AppointmentStatus.CONFIRMED,
    description="Ann",
    created_at=NOW,
    updated_at=NOW,
)
ADDRESS = consent_id(ChannelName.EMAIL, "ann@example.com")
VISIT_TOKEN = LINKS.visit_url(VISIT).rpartition("/")[2]
END_TOKEN = LINKS.unsubscribe_url(ChannelName.EMAIL, ADDRESS, language="es-MX", now=NOW).rpartition("/")[2]

Opener = Callable[[str], object]


def open_visit(token: str) -> VisitLink:
    return LINKS.opened_visit(token, now=NOW)


def open_end(token: str) -> UnsubscribeLink:
    return LINKS.opened_unsubscribe(token, now=NOW)


def test_a_visit_link_opens_that_visit() -> None:
    assert LINKS.visit_url(VISIT) == f"https://visits.example{VISIT_PATH}{VISIT_TOKEN}"
    assert open_visit(VISIT_TOKEN) == VisitLink(appointment_id=VISIT.id, sequence=2)


def test_an_unsubscribe_link_opens_that_address() -> None:
    assert LINKS.unsubscribe_url(ChannelName.EMAIL, ADDRESS, language="es-MX", now=NOW).startswith(
        f"https://visits.example{UNSUBSCRIBE_PATH}"
    )
    assert open_end(END_TOKEN) == UnsubscribeLink(channel=ChannelName.EMAIL, consent_id=ADDRESS, language="es")


def test_a_visit_link_is_short_enough_for_a_text_message_and_tells_nothing_of_a_person() -> None:
    content = urlsafe_b64decode(VISIT_TOKEN + "=" * (-len(VISIT_TOKEN) % 4))

    assert len(VISIT_TOKEN) == 56
    assert b"ann" not in content.lower()


@given(
    st.one_of(st.from_regex(r"apt_[a-z2-7]{26}", fullmatch=True), st.from_regex(r"[A-Za-z0-9._:@-]+", fullmatch=True))
)
def test_every_id_comes_back_as_it_was(appointment_id: str) -> None:
    visit = msgspec.structs.replace(VISIT, id=appointment_id[:128])

    opened = open_visit(LINKS.visit_url(visit).rpartition("/")[2])

    assert opened.appointment_id == visit.id


@pytest.mark.parametrize(("token", "opened"), [(VISIT_TOKEN, open_visit), (END_TOKEN, open_end)], ids=["visit", "end"])
def test_of_ten_thousand_flipped_bits_none_opens_anything(token: str, opened: Opener) -> None:
    content = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    chance = random.Random(20260504)
    bits: list[tuple[int, ...]] = [(n,) for n in range(len(content) * 8)]
    bits += [tuple(chance.sample(range(len(content) * 8), chance.randint(1, 8))) for _ in range(10_000 - len(bits))]

    for flips in bits:
        bent = bytearray(content)
        for bit in flips:
            bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(NotFoundError) as caught:
            opened(urlsafe_b64encode(bent).rstrip(b"=").decode())
        assert not isinstance(caught.value, ExpiredError)


@pytest.mark.parametrize(("token", "opened"), [(VISIT_TOKEN, open_visit), (END_TOKEN, open_end)], ids=["visit", "end"])
def test_no_other_letter_anywhere_opens_the_same(token: str, opened: Opener) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    for place, letter in enumerate(token):
        for other in letters.replace(letter, ""):
            with pytest.raises(NotFoundError):
                opened(token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        VISIT_TOKEN + "=",
        VISIT_TOKEN + "A",
        VISIT_TOKEN[:-1],
        VISIT_TOKEN[1:],
        VISIT_TOKEN * 20,
        VISIT_TOKEN[:-1] + "é",
        "A" * 33,
    ],
)
def test_what_is_no_token_opens_nothing(token: str) -> None:
    with pytest.raises(NotFoundError):
        open_visit(token)


def test_a_link_for_one_purpose_opens_no_other() -> None:
    with pytest.raises(NotFoundError):
        open_visit(END_TOKEN)
    with pytest.raises(NotFoundError):
        open_end(VISIT_TOKEN)


def test_a_visit_link_ends_a_day_after_the_visit() -> None:
    end = END + timedelta(hours=24)

    assert LINKS.opened_visit(VISIT_TOKEN, now=end - timedelta(microseconds=1)).appointment_id == VISIT.id
    with pytest.raises(ExpiredError):
        LINKS.opened_visit(VISIT_TOKEN, now=end)


def test_an_unsubscribe_link_works_for_a_year() -> None:
    assert LINKS.opened_unsubscribe(END_TOKEN, now=NOW + timedelta(days=364)).consent_id == ADDRESS
    with pytest.raises(ExpiredError):
        LINKS.opened_unsubscribe(END_TOKEN, now=NOW + timedelta(days=365))


def test_a_link_of_a_time_before_the_count_began_has_ended() -> None:
    old = msgspec.structs.replace(VISIT, end=datetime(1950, 1, 1, tzinfo=UTC))

    with pytest.raises(ExpiredError):
        open_visit(LINKS.visit_url(old).rpartition("/")[2])


def test_an_old_key_opens_beside_the_new_one_until_it_is_taken_away() -> None:
    both = Links(base_url=LINKS.base_url, keys=(NEXT_KEY, KEY))
    alone = Links(base_url=LINKS.base_url, keys=(NEXT_KEY,))

    assert both.opened_visit(VISIT_TOKEN, now=NOW).appointment_id == VISIT.id
    assert both.visit_url(VISIT) == alone.visit_url(VISIT) != LINKS.visit_url(VISIT)
    with pytest.raises(NotFoundError):
        alone.opened_visit(VISIT_TOKEN, now=NOW)


@pytest.mark.parametrize(
    "url", ["https://a.example", "https://a.example/kept/", "http://127.0.0.1:8080", "http://[::1]"]
)
def test_links_are_made_for_encrypted_addresses_and_for_this_machine(url: str) -> None:
    assert links_at(url, (KEY,)).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a.example",
        "http://10.0.0.1:8080",
        "http://0.0.0.0:8080",
        "ftp://localhost",
        "https://",
        "https://a.example?x",
        "https://a.example#x",
        "https://me:pw@a.example",
        "https://[bad",
    ],
)
def test_links_are_not_made_for_other_addresses(url: str) -> None:
    with pytest.raises(InvalidInputError, match="https"):
        links_at(url, (KEY,))


@pytest.mark.parametrize("keys", [(), (b"short",), (KEY, b"short")], ids=["none", "short", "one short"])
def test_a_key_that_can_be_guessed_is_refused(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidInputError, match="32"):
        links_at("https://a.example", keys)


def test_only_https_links_may_stand_in_the_head_of_a_mail() -> None:
    assert LINKS.is_secure
    assert not links_at("http://localhost:8080", (KEY,)).is_secure
