"""``kept notice``: tell everybody who has a visit in some days."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app)(notice)


def notice(
    context: typer.Context,
    words: Annotated[str, typer.Argument(help="What is said, in the practice's language.")],
    first: Annotated[str, typer.Option("--from", help="First day of the visits concerned, YYYY-MM-DD.")],
    last: Annotated[str | None, typer.Option("--to", help="Last day, included; else the first.")] = None,
    place: Annotated[str | None, typer.Option(help="Only visits at this place.")] = None,
    practitioner: Annotated[str | None, typer.Option(help="Only visits with this practitioner.")] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="The same in another language: es=Cerramos el viernes.")
    ] = None,
    trial: Annotated[bool, typer.Option("--trial", help="Only count whom it would reach.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Tell everybody who has a visit in some days, once each; kept serve or kept worker sends it."""
    from kept.entrypoints.http_api.notices import CHUNK, wanted
    from kept.flow.notices import concerned, plan_notices
    from kept.flow.practice import load_practice

    parts = parts_of(context)
    now, language = parts.clock.now(), load_practice(parts.store).practice.language[:2]
    said = {language: words, **dict(line.partition("=")[::2] for line in also or ())}
    given = {"words": said, "from": first, "to": last, "placeId": place, "practitionerId": practitioner}
    document = {name: value for name, value in given.items() if value is not None}
    told, audience = wanted(document, notice_id=parts.ids.new("ntc"))
    ids = concerned(parts.store, audience, now=now)
    if trial:
        say({"noticeId": "", "patients": len(ids)}, as_json=as_json, text=f"It would reach {len(ids)} patients.")
        return
    count = 0
    for begin in range(0, len(ids), CHUNK):
        step = partial(plan_notices, notice=told, appointment_ids=ids[begin : begin + CHUNK], now=now)
        count += len(parts.store.submit(step).result())
    text = f"{told.id}: {count} patients will be told."
    say({"noticeId": told.id, "patients": count}, as_json=as_json, text=text)
