"""``kept link``: the address under which a patient sees, moves or cancels one visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kept.entrypoints.cli.appointments import AppointmentArgument
from kept.entrypoints.cli.screen import ConfigurationError, JsonFlag, command, parts_of, say

if TYPE_CHECKING:
    from kept.core.links import Links


def add_to(program: typer.Typer) -> None:
    """Add the command of this file to the program."""
    command(program)(link)


def link(context: typer.Context, appointment: AppointmentArgument, as_json: JsonFlag = False) -> None:
    """Print the link of a visit, to be given to its patient and to nobody else: whoever has it can cancel the visit."""
    from kept.core.booking import Appointment
    from kept.core.errors import NotFoundError
    from kept.core.links import VISIT_LASTS

    parts = parts_of(context)
    links = _made(parts.links)
    visit = next(iter(parts.store.load(Appointment, [appointment])), None)
    if visit is None:
        raise NotFoundError("appointment")
    url = links.visit_url(visit)
    ends_at = (visit.end + VISIT_LASTS).isoformat()
    say({"appointmentId": visit.id, "url": url, "endsAt": ends_at}, as_json=as_json, text=url)


def _made(links: Links | None) -> Links:
    """Return what makes links, or say why there are none."""
    if links is None:
        message = "must begin with https:// for links, unless only this machine is served; set KEPT_PUBLIC_URL"
        raise ConfigurationError.of("public_url", "not_https", message)
    return links
