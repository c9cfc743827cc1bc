"""What the channel port promises, on every channel; the numbers are those of its docstring."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kept.core.notifications import AttemptState
from kept.core.people import ChannelName
from tests.contracts.channels import CHANNELS, NOW, ChannelCase, Fault, Provider, outgoing

STATES = {
    Fault.UNREACHABLE: AttemptState.NOT_SENT,
    Fault.NOT_NOW: AttemptState.NOT_SENT,
    Fault.NEVER: AttemptState.REFUSED,
    Fault.TAKEN_WITHOUT_ANSWER: AttemptState.UNKNOWN,
    Fault.LOST_WITHOUT_ANSWER: AttemptState.UNKNOWN,
}


@pytest.fixture(params=CHANNELS, ids=lambda case: case.id)
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Provider]:
    case: ChannelCase = request.param
    with case.opened(tmp_path) as opened:
        yield opened


def test_an_accepted_message_is_in_the_providers_hands(provider: Provider) -> None:
    outcome = provider.channel.send(outgoing(provider.channel.name, provider.address))

    assert outcome.state is AttemptState.ACCEPTED
    assert outcome.provider_message_id
    assert provider.taken() == 1


@pytest.mark.parametrize("fault", Fault)
def test_1_makes_one_try_and_no_retry_of_its_own(provider: Provider, fault: Fault) -> None:
    provider.fail_once(fault)

    provider.channel.send(outgoing(provider.channel.name, provider.address))

    # a second try would have met a provider that takes everything
    assert provider.taken() == (1 if fault is Fault.TAKEN_WITHOUT_ANSWER else 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", ""),
        ("to", "ann@example.com,eve@example.com"),
        ("to", "ann@example.com\r\nBcc: eve@example.com"),
        ("to", "\ud800@example.com"),
        ("text", "half a \ud83d character"),
    ],
    ids=["nobody", "two", "a header", "half a character in the address", "half a character in the text"],
)
def test_2_raises_nothing_for_a_message_that_cannot_be_sent(provider: Provider, field: str, value: str) -> None:
    message = outgoing(provider.channel.name, provider.address, **{field: value})

    outcome = provider.channel.send(message)

    assert (outcome.state, outcome.code) == (AttemptState.REFUSED, "invalid_message")
    assert provider.taken() == 0


def test_2_refuses_what_belongs_to_another_channel(provider: Provider) -> None:
    other = ChannelName.EMAIL if provider.channel.name is ChannelName.SMS else ChannelName.SMS

    outcome = provider.channel.send(outgoing(other, provider.address))

    assert outcome.state is AttemptState.REFUSED
    assert provider.taken() == 0


@pytest.mark.parametrize("fault", Fault)
def test_3_says_not_sent_refused_or_unknown_by_where_it_failed(provider: Provider, fault: Fault) -> None:
    provider.fail_once(fault)

    outcome = provider.channel.send(outgoing(provider.channel.name, provider.address))

    assert outcome.state is STATES[fault]
    assert outcome.code


@pytest.mark.parametrize("fault", Fault)
def test_3_is_of_use_again_after_a_fault(provider: Provider, fault: Fault) -> None:
    provider.fail_once(fault)
    provider.channel.send(outgoing(provider.channel.name, provider.address))
    before = provider.taken()

    outcome = provider.channel.send(outgoing(provider.channel.name, provider.address, dedupe_key="ntf_2"))

    assert outcome.state is AttemptState.ACCEPTED
    assert provider.taken() == before + 1


@pytest.mark.parametrize("fault", Fault)
def test_4_returns_within_its_time_limit(provider: Provider, fault: Fault) -> None:
    provider.fail_once(fault)
    started = time.monotonic()

    provider.channel.send(outgoing(provider.channel.name, provider.address))

    assert time.monotonic() - started + provider.seconds_waited() < provider.channel.timeout_s


@pytest.mark.parametrize("fault", Fault)
def test_5_an_outcome_holds_no_address_and_no_text(provider: Provider, fault: Fault) -> None:
    provider.fail_once(fault)
    message = outgoing(provider.channel.name, provider.address, subject="canary", text="canary")

    outcome = provider.channel.send(message)

    assert provider.address not in repr(outcome)
    assert "canary" not in repr(outcome)


@pytest.mark.parametrize(
    ("fault", "fate"),
    [
        (None, AttemptState.ACCEPTED),
        (Fault.NEVER, AttemptState.REFUSED),
        (Fault.TAKEN_WITHOUT_ANSWER, AttemptState.ACCEPTED),
        (Fault.LOST_WITHOUT_ANSWER, AttemptState.NOT_SENT),
    ],
)
def test_6_lookup_tells_what_became_of_a_message_or_that_nobody_knows(
    provider: Provider, fault: Fault | None, fate: AttemptState
) -> None:
    if fault:
        provider.fail_once(fault)
    message = outgoing(provider.channel.name, provider.address)
    provider.channel.send(message)

    found = provider.channel.lookup(message.dedupe_key)

    assert (found.state if found else None) == (fate if provider.channel.capabilities.lookup else None)


def test_the_same_key_again_is_one_message_where_a_window_is_promised(provider: Provider) -> None:
    message = outgoing(provider.channel.name, provider.address)

    provider.channel.send(message)
    provider.channel.send(message)

    assert provider.taken() == (1 if provider.channel.capabilities.idempotency_window else 2)


def test_a_message_past_its_time_is_not_handed_over(provider: Provider) -> None:
    message = outgoing(provider.channel.name, provider.address, expires_at=NOW + timedelta(minutes=5))
    provider.clock.move(300)

    outcome = provider.channel.send(message)

    assert (outcome.state, outcome.code) == (AttemptState.NOT_SENT, "expired")
    assert provider.taken() == 0


def test_closing_twice_does_no_harm(provider: Provider) -> None:
    provider.channel.send(outgoing(provider.channel.name, provider.address))

    provider.channel.close()
    provider.channel.close()

    assert provider.taken() == 1
