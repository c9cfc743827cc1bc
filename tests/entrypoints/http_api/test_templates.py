"""The texts of messages, over HTTP."""

from __future__ import annotations

import pytest

from tests.entrypoints.http_api.world import Reply, World

PATH = "/api/templates"
OURS = "{practice}: see you {day} at {time}, {place}. Call {phone}. Reply STOP to opt out."


def put(here: World, text: str, name: str = "reminder.sms.en", **more: str) -> Reply:
    return here.call("PUT", f"{PATH}/{name}", json={"text": text, **more})


def codes(reply: Reply) -> list[tuple[str, str]]:
    return [(e["pointer"], e["code"]) for e in reply.json["errors"]]


def test_every_text_is_listed_with_its_preview_and_size(here: World) -> None:
    texts = {t["templateId"]: t for t in here.call("GET", PATH).json["templates"]}

    reminder = texts["reminder.sms.en"]
    assert {"reminder.email.es", "cancelled.sms.pl", "which_visit.sms.fr", "moved.email.de"} <= texts.keys()
    assert (reminder["isOwn"], reminder["version"], reminder["segments"], reminder["encoding"]) == (
        False,
        0,
        1,
        "GSM-7",
    )
    assert "{" not in reminder["preview"]
    assert all(text["preview"] for text in texts.values())


def test_a_text_of_ones_own_takes_the_place_of_the_shipped_one(anywhere: World) -> None:
    kept = put(anywhere, OURS)

    shown = anywhere.call("GET", f"{PATH}/reminder.sms.en")
    assert kept.status == 200
    assert (shown.json["text"], shown.json["isOwn"], shown.json["version"]) == (OURS, True, 1)
    assert shown.json["preview"].split(": ")[1].startswith("see you tomorrow")


def test_the_shipped_text_comes_back(anywhere: World) -> None:
    put(anywhere, OURS)

    back = anywhere.call("DELETE", f"{PATH}/reminder.sms.en")

    assert (back.status, back.json["isOwn"]) == (200, False)
    assert anywhere.call("DELETE", f"{PATH}/reminder.sms.en").status == 404


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {patient.__class__.__init__.__globals__}", ["unknown_placeholder"]),
        ("Hi {practice!r:>50000000}", ["unknown_placeholder"]),
        ("{practice} {", ["stray_brace"]),
        ("See you at {time}", ["missing_sender_name", "missing_opt_out"]),
        (OURS.replace("STOP", "CANCEL"), ["asks_for_reserved_word", "missing_opt_out"]),
        ("{practice}: {visit_type} {day}. {phone}. STOP to opt out.", ["too_sensitive"]),
        (OURS * 3, ["too_many_segments"]),
    ],
)
def test_a_text_that_breaks_a_rule_is_not_kept(here: World, text: str, expected: list[str]) -> None:
    reply = put(here, text)

    assert reply.status == 422
    assert codes(reply) == [("#/text", code) for code in expected]
    assert not here.call("GET", f"{PATH}/reminder.sms.en").json["isOwn"]


def test_what_is_wrong_with_a_text_is_told_even_where_its_name_is_none(here: World) -> None:
    assert codes(put(here, "Hi {a.b}", name="tpl_1")) == [("#/text", "unknown_placeholder")]
    assert codes(put(here, "See you at {time}", name="tpl_1", channel="sms")) == [
        ("#/text", "missing_sender_name"),
        ("#/text", "missing_opt_out"),
    ]
    assert put(here, OURS, name="tpl_1").status == 404


@pytest.mark.parametrize(
    ("name", "more", "pointer", "code"),
    [
        ("reminder.sms.en", {"channel": "email"}, "#/channel", "conflicts_with"),
        ("reminder.sms.en", {"subject": "Hello"}, "#/subject", "not_for_sms"),
        ("reminder.sms.en", {"language": "en"}, "#/language", "unknown_field"),
    ],
)
def test_members_that_contradict_the_id_are_refused(
    here: World, name: str, more: dict[str, str], pointer: str, code: str
) -> None:
    reply = put(here, OURS, name=name, **more)

    assert reply.status == 422
    assert codes(reply) == [(pointer, code)]


def test_a_mail_has_a_subject_of_its_own_or_the_shipped_one(here: World) -> None:
    body = "{practice}\n\n{day}, {time}{zone}\n{link}"

    own = put(here, body, name="reminder.email.en", subject="See you soon at {practice}").json
    shipped = put(here, body, name="reminder.email.es").json

    assert own["subject"] == "See you soon at {practice}"
    assert shipped["subject"] == "{practice}: recordatorio de cita"


def test_two_who_write_at_once_do_not_overwrite_each_other(anywhere: World) -> None:
    put(anywhere, OURS)
    stale = anywhere.call("PUT", f"{PATH}/reminder.sms.en", json={"text": OURS}, headers={"If-Match": '"0"'})
    fresh = anywhere.call("PUT", f"{PATH}/reminder.sms.en", json={"text": OURS}, headers={"If-Match": '"1"'})
    late = anywhere.call("DELETE", f"{PATH}/reminder.sms.en", headers={"If-Match": '"1"'})

    assert (stale.status, fresh.status, late.status) == (412, 200, 412)
