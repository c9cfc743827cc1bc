"""Tell everybody who has a visit in some days what the practice has to say, over HTTP."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from kept.core.access import Scope
from kept.core.notices import PublicNotice
from kept.core.texts import LANGUAGE_WORDS
from kept.core.zones import parse_date
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.reports import LedgerView, ledger_view
from kept.entrypoints.http_api.views import View
from kept.flow.access import earlier_answer, note_answer
from kept.flow.notices import Audience, check_notice, concerned, plan_notices
from kept.flow.reports import ledger_of_batch
from kept.formats.shapes import Member, Problems, Shape, Type, object_of, read, text_of
from kept.ports.store import Transaction

CHUNK: Final = 20
"""Patients told in one transaction; with more it would touch more records than every store takes at once."""
LONGEST: Final = 2_000

_WORDS: Final = Shape(
    name="NoticeWords",
    about="What is said, by language.",
    members={
        language: Member(types=(Type.TEXT,), about=f"In {language}.", limit=LONGEST, multiline=True)
        for language in LANGUAGE_WORDS
    },
    example={"en": "We are closed on Friday because of the storm."},
)
NOTICE: Final = Shape(
    name="NoticeRequest",
    about="What the practice tells everybody who has a visit in some days.",
    members={
        "words": Member(types=(Type.OBJECT,), about="In each language; one is enough.", shape=_WORDS, required=True),
        "from": Member(types=(Type.NOTATION,), about="First day of the visits concerned.", required=True),
        "to": Member(types=(Type.NOTATION,), about="Last day, included; none: the first."),
        "placeId": Member(types=(Type.ID,), about="Only visits there."),
        "practitionerId": Member(types=(Type.ID,), about="Only visits with them."),
        "isTrial": Member(types=(Type.FLAG,), about="Only count whom it would reach."),
    },
    example={"words": {"en": "We are closed on Friday."}, "from": "2030-05-10", "to": "2030-05-10"},
)


class NoticeView(View, frozen=True, kw_only=True):
    """Whom a notice concerns."""

    notice_id: str
    """Empty: it was a trial, and nobody is told."""
    patients: int


async def tell(call: Call) -> Answer:
    """Plan one message for each patient concerned."""
    notice, audience = wanted(call.document, notice_id=_id_for(call))
    is_trial = isinstance(call.document, dict) and call.document.get("isTrial") is True
    ids = await asyncio.to_thread(concerned, call.parts.store, audience, now=call.now)
    if is_trial:
        return json_answer(NoticeView(notice_id="", patients=len(ids)))
    await call.done(lambda tx: _begin(tx, call, notice.id))
    told = 0
    for first in range(0, len(ids), CHUNK):
        step = partial(plan_notices, notice=notice, appointment_ids=ids[first : first + CHUNK], now=call.now)
        told += len(await call.done(step))
    call.parts.wake()
    return json_answer(NoticeView(notice_id=notice.id, patients=told), status=202)


async def show(call: Call) -> Answer:
    """Show what has become of a notice."""
    found = await asyncio.to_thread(ledger_of_batch, call.parts.store, call.id_in_path("notice"))
    return json_answer(ledger_view(found))


def wanted(document: object, *, notice_id: str) -> tuple[PublicNotice, Audience]:
    """
    Return what is to be told and whom it concerns.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    problems = Problems()
    values = read(NOTICE, document, problems)
    problems.check()
    days = [problems.tried(parse_date, text_of(values, name), field=name) for name in ("from", "to") if name in values]
    problems.check()
    known = [day for day in days if day]
    notice = PublicNotice(id=notice_id, words={k: str(v) for k, v in object_of(values, "words").items()})
    audience = Audience(
        first=known[0],
        last=known[-1],
        place_id=text_of(values, "placeId"),
        practitioner_id=text_of(values, "practitionerId"),
    )
    check_notice(notice, audience)
    return notice, audience


def _id_for(call: Call) -> str:
    """Return the id of the notice, made from the key where one was given, so that a retry tells nobody twice."""
    return f"ntc_{call.request_key.id[:32]}" if call.request_key else call.parts.ids.new("ntc")


def _begin(tx: Transaction, call: Call, notice_id: str) -> None:
    if not earlier_answer(tx, call.request_key):
        note_answer(tx, call.request_key, result_id=notice_id, now=call.now)


OPERATIONS: Final = (
    Operation(
        name="tellNotice",
        method="POST",
        path="/api/notices",
        scope=Scope.ADMIN,
        run=tell,
        summary="Tell everybody who has a visit in some days",
        about=(
            "Each patient gets one message, by text or, at night and beyond their cap, by mail. With `isTrial` nobody "
            "is told; the answer says how many it would be. With an Idempotency-Key a retry tells nobody twice."
        ),
        tag="Notifications",
        body=Body.JSON,
        shapes=(NOTICE,),
        answers={200: (NoticeView,), 202: (NoticeView,)},
        takes_key=True,
    ),
    Operation(
        name="getNotice",
        method="GET",
        path="/api/notices/{id}",
        scope=Scope.READ,
        run=show,
        summary="Show what has become of a notice",
        tag="Notifications",
        answers={200: (LedgerView,)},
    ),
)
