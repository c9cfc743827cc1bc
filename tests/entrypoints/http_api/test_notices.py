"""A notice to all, over HTTP."""

from __future__ import annotations

from tests.entrypoints.http_api.world import FULL, World

PATH = "/api/notices"
DAY = {"from": "2026-05-04"}
WORDS = {"words": {"en": "We are closed on Friday."}}


def test_a_trial_counts_and_tells_nobody_then_everybody_is_told_once(anywhere: World) -> None:
    anywhere.call("POST", "/api/appointments", json=FULL)

    trial = anywhere.call("POST", PATH, json={**WORDS, **DAY, "isTrial": True})
    key = {"Idempotency-Key": "closed"}
    told = anywhere.call("POST", PATH, json={**WORDS, **DAY}, headers=key)
    again = anywhere.call("POST", PATH, json={**WORDS, **DAY}, headers=key)

    assert (trial.status, trial.json) == (200, {"noticeId": "", "patients": 1})
    assert (told.status, told.json["patients"]) == (202, 1)
    assert again.json == told.json
    ledger = anywhere.call("GET", f"{PATH}/{told.json['noticeId']}").json
    assert (ledger["planned"], ledger["pending"]) == (1, 1)


def test_everything_that_is_wrong_is_told_at_once(here: World) -> None:
    bad = here.call("POST", PATH, json={"words": {"xx": "hm"}, "from": "soon", "to": "2026-05-04"})
    empty = here.call("POST", PATH, json={"words": {}, "from": "2026-05-04"})

    assert bad.status == 422
    assert {e["pointer"] for e in bad.json["errors"]} >= {"#/words/xx"}
    assert [e["code"] for e in empty.json["errors"]] == ["required"]
