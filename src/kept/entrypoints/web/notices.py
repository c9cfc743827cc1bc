"""Tell everybody who has a visit in some days: write it, see whom it would reach, send it, see what became of it."""

from __future__ import annotations

import re
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from kept.core.errors import FieldProblem, InvalidInputError, NotFoundError
from kept.core.notices import PublicNotice
from kept.core.own_texts import TextName
from kept.core.people import ChannelName, checked_text
from kept.core.text_checks import Draft, Preview, preview, sample_facts
from kept.core.texts import NOTICE
from kept.core.zones import parse_date
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.clocks import local_day
from kept.entrypoints.web.rendering import page, see_other
from kept.entrypoints.web.texts import TONGUES
from kept.entrypoints.web.told import bar
from kept.flow.notices import MOST_DAYS, Audience, check_notice, concerned, plan_notices
from kept.flow.reports import ledger_of_batch
from kept.flow.texts import wording_of

CHUNK: Final = 50
"""Patients told in one transaction."""
LONGEST: Final = 2_000
"""Characters of what is said that are read at all."""
SEND: Final = "send"
CHANGE: Final = "change"
"""What the buttons of the second step say; without any the first step counts."""
FIELDS: Final = ("from", "to", "place", "practitioner", *(f"words-{language}" for language in TONGUES))
_ID: Final = re.compile(r"ntc_[A-Za-z0-9-]{10,64}")


def notice_page(call: Call) -> Response:
    """Show the empty form."""
    return _form(call, {"from": local_day(call.now, call.zone_of(None)).isoformat()})


def tell(call: Call) -> Response:
    """Count whom a notice would reach; or send the one that was counted, once however often the form comes."""
    wish = call.form.get("do", "")
    if wish == CHANGE:
        return _form(call, call.form)
    given = call.form.get("id", "")
    is_known = wish == SEND and _ID.fullmatch(given) is not None
    notice_id = given if is_known else call.parts.ids.new("ntc")
    try:
        notice, audience = _wanted(call, notice_id)
    except InvalidInputError as error:
        return _form(call, call.form, error.problems)
    ids = concerned(call.parts.store, audience, now=call.now)
    if not is_known:
        return _counted(call, notice, len(ids))
    for first in range(0, len(ids), CHUNK):
        step = partial(plan_notices, notice=notice, appointment_ids=ids[first : first + CHUNK], now=call.now)
        call.parts.store.submit(step).result()
    call.parts.wake()
    return see_other(f"/notice/{notice_id}", done="noticed" if ids else "")


def became_page(call: Call) -> Response:
    """Show what has become of a notice."""
    notice_id = call.args["notice_id"]
    if not _ID.fullmatch(notice_id):
        raise NotFoundError("notice")
    ledger = ledger_of_batch(call.parts.store, notice_id)
    return page(call, "notice.html", step="became", ledger=ledger, parts=bar(call, ledger))


def _wanted(call: Call, notice_id: str) -> tuple[PublicNotice, Audience]:
    """
    Return what is to be told and whom it concerns.

    Raises:
        InvalidInputError: it cannot be sent.
    """
    words = {language: call.form.get(f"words-{language}", "") for language in TONGUES}
    days = {name: call.form.get(name, "") for name in ("from", "to")}
    for language, said in words.items():
        checked_text(said, field=f"words/{language}", limit=LONGEST, multiline=True)
    first = parse_date(days["from"], field="from")
    last = parse_date(days["to"], field="to") if days["to"] else first
    notice = PublicNotice(id=notice_id, words={language: said for language, said in words.items() if said})
    place, practitioner = call.form.get("place", ""), call.form.get("practitioner", "")
    audience = Audience(first=first, last=last, place_id=place, practitioner_id=practitioner)
    check_notice(notice, audience)
    return notice, audience


def _form(call: Call, fields: dict[str, str], problems: tuple[FieldProblem, ...] = ()) -> Response:
    return page(
        call,
        "notice.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        step="write",
        fields=fields,
        errors={_field(p): _said(call, p) for p in problems},
        tongues=_tongues(call),
        longest=LONGEST,
    )


def _counted(call: Call, notice: PublicNotice, patients: int) -> Response:
    return page(
        call,
        "notice.html",
        step="count",
        patients=patients,
        fields={**call.form, "id": notice.id},
        names=(*FIELDS, "id"),
        seen=[(TONGUES[language], language, _seen(call, language, said)) for language, said in notice.words.items()],
    )


def _seen(call: Call, language: str, said: str) -> Preview:
    name = TextName(template=NOTICE, channel=ChannelName.SMS, language=language)
    text = wording_of(call.parts.store, name).message.text
    facts = msgspec.structs.replace(sample_facts(call.practice, now=call.now), words=said)
    return preview(Draft(template=NOTICE, language=language, text=text), facts=facts, now=call.now)


def _tongues(call: Call) -> dict[str, str]:
    """Return the languages, the practice's own first: its words are for everybody whose own are missing."""
    own = call.practice.language[:2]
    return dict(sorted(TONGUES.items(), key=lambda each: each[0] != own))


def _field(problem: FieldProblem) -> str:
    return "words-en" if problem.field == "words" else problem.field.replace("/", "-")


def _said(call: Call, problem: FieldProblem) -> str:
    if (problem.field, problem.code) == ("to", "out_of_range"):
        return call.say("notice.range", days=MOST_DAYS)
    return call.say("notice.empty") if problem.code == "required" else call.say.problem(problem)
