"""A notice to all, on the command line."""

from __future__ import annotations

from tests.entrypoints.cli.world import Desk


def test_a_trial_tells_nobody(desk: Desk) -> None:
    trial = desk.run("notice", "We are closed.", "--from", "2026-05-04", "--trial")

    assert trial.stdout == "It would reach 0 patients.\n"


def test_says_how_many_will_be_told(desk: Desk) -> None:
    told = desk.ask("notice", "We are closed.", "--from", "2026-05-04", "--also", "es=Cerramos.")

    assert told["patients"] == 0
    assert told["noticeId"].startswith("ntc")


def test_an_unknown_language_is_refused(desk: Desk) -> None:
    desk.ask("notice", "We are closed.", "--from", "2026-05-04", "--also", "tlh=Qapla", exit_code=2)
