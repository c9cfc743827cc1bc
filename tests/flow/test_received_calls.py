"""Calls of providers as they are kept, found, marked and forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from kept.adapters.memory import MemoryStore
from kept.core.receipts import ReceivedCall
from kept.flow.receipts import calls_to_apply, forget_receipts, forgettable_receipts, keep_call, mark_applied, received
from kept.ports.webhook import WebhookRequest
from tests.dispatching import DUE

SECOND = timedelta(seconds=1)


def call(body: bytes = b"MessageSid=SM1", at: datetime = DUE) -> ReceivedCall:
    request = WebhookRequest(url="https://kept.example/webhooks/fake", headers={}, body=body, received_at=at)
    return received("fake", request, headers={"x-signature": "s"})


def test_a_call_is_kept_once_however_often_it_comes() -> None:
    store = MemoryStore()

    first = store.submit(partial(keep_call, call=call())).result()
    again = store.submit(partial(keep_call, call=call(at=DUE + SECOND))).result()

    assert again == first
    assert calls_to_apply(store) == (first.id,)


def test_calls_are_applied_in_the_order_in_which_they_came_and_then_forgotten() -> None:
    store = MemoryStore()
    late, early = call(b"2", DUE + SECOND), call(b"1", DUE)
    for each in (late, early):
        store.submit(partial(keep_call, call=each)).result()
    waiting = calls_to_apply(store)

    for _ in range(2):
        store.submit(partial(mark_applied, call_id=early.id, now=DUE + SECOND)).result()
    store.submit(partial(mark_applied, call_id="fake/none", now=DUE)).result()

    assert waiting == (early.id, late.id)
    assert calls_to_apply(store) == (late.id,)
    calls, messages = forgettable_receipts(store, now=DUE + timedelta(days=2))
    assert (calls, messages) == ((early.id,), ())
    assert store.submit(partial(forget_receipts, calls=(*calls, "fake/none"), messages=("x/y",))).result() == 1


def test_calls_that_are_skipped_hide_none_of_the_others() -> None:
    store = MemoryStore()
    calls = [call(str(n).encode(), DUE + n * SECOND) for n in range(9)]
    for each in calls:
        store.submit(partial(keep_call, call=each)).result()

    found = calls_to_apply(store, skip={c.id for c in calls[:5]}, limit=2)

    assert found == (calls[5].id, calls[6].id)


@pytest.mark.parametrize("body", [b"", "Sí".encode(), "Sí".encode("latin-1"), bytes(range(256))])
def test_what_came_comes_back_to_the_byte(body: bytes) -> None:
    kept = call(body)

    assert kept.body.encode(kept.charset) == body
