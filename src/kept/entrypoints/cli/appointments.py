"""``kept book``, ``move``, ``cancel`` and the like, and ``kept appointments list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say, table

if TYPE_CHECKING:
    from kept.core.booking import Appointment

app = typer.Typer(no_args_is_help=True, help="Look at appointments.")

AppointmentArgument = Annotated[str, typer.Argument(metavar="APPOINTMENT", help="Its id.")]
StartOption = Annotated[
    str | None, typer.Option(help="2026-05-04T09:00 on the clocks of the place, or with an offset or Z.")
]
EndOption = Annotated[str | None, typer.Option(help="As --start; instead of --minutes.")]
MinutesOption = Annotated[int | None, typer.Option(min=1, max=1440, help="How long; else as the visit type says.")]
ZoneOption = Annotated[str | None, typer.Option(help="Zone of the times; else that of the place.")]
VersionOption = Annotated[int | None, typer.Option(help="The version you looked at; refused if it has changed since.")]


def add_to(program: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    command(program)(book)
    command(program)(move)
    for event, about in _EVENTS.items():
        _add_event(program, event, about)
    program.add_typer(app, name="appointments")


def book(
    context: typer.Context,
    file: Annotated[
        str | None, typer.Argument(help="A JSON file with a booking in any documented form; - reads standard input.")
    ] = None,
    file_option: Annotated[str | None, typer.Option("--file", help="The same as FILE.")] = None,
    patient: Annotated[str | None, typer.Option(help="Id of the patient.")] = None,
    practitioner: Annotated[str | None, typer.Option(help="Id of the practitioner.")] = None,
    room: Annotated[str | None, typer.Option(help="Id of the room.")] = None,
    place: Annotated[str | None, typer.Option(help="Id of the place.")] = None,
    visit_type: Annotated[str | None, typer.Option(help="Id of the visit type.")] = None,
    start: StartOption = None,
    end: EndOption = None,
    minutes: MinutesOption = None,
    zone: ZoneOption = None,
    description: Annotated[str, typer.Option(help="What for; shown at the desk only.")] = "",
    location: Annotated[str, typer.Option(help="Where, if no place is named; goes into messages.")] = "",
    notes: Annotated[str, typer.Option(help="For the desk.")] = "",
    request: Annotated[bool, typer.Option("--request", help="Hold it until `kept confirm`.")] = False,
    register: Annotated[
        bool, typer.Option("--register", help="Register an unknown patient, without contacts.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Book a visit and plan its reminders."""
    from kept.entrypoints.cli.bookings import Asked, booked, document_in

    source = file or file_option
    document = {
        "patientId": patient, "practitionerId": practitioner, "roomId": room, "placeId": place, "visitType": visit_type,
        "start": start, "end": end, "durationMinutes": minutes, "timeZone": zone, "notes": notes, "asRequest": request,
        "details": {"description": description, "location": location} if description or location else None,
    }  # fmt: skip
    asked = Asked(document=document_in(source) if source else document, register=register, by_options=not source)
    answer, appointment = booked(parts_of(context), asked)
    say(answer, as_json=as_json, text=_line(appointment))


def move(
    context: typer.Context,
    appointment: AppointmentArgument,
    start: StartOption = None,
    end: EndOption = None,
    minutes: MinutesOption = None,
    zone: ZoneOption = None,
    version: VersionOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Move a visit: the new time is taken and the old one given back, or neither."""
    from kept.entrypoints.cli.bookings import CALLER, moved
    from kept.flow.booking import Change

    change = Change(appointment_id=appointment, by=CALLER, version=version)
    document = {"start": start, "end": end, "durationMinutes": minutes, "timeZone": zone}
    after = moved(parts_of(context), change, document)
    say(_document(after), as_json=as_json, text=_line(after))


_EVENTS = {
    "confirm": "Confirm a visit that was only requested; its reminders are planned.",
    "cancel": "Cancel a visit and give its time back; what was planned for it is not sent.",
    "check-in": "Note that the patient has arrived.",
    "complete": "Note that the visit has taken place.",
    "no-show": "Note that the patient did not come.",
}


def _add_event(program: typer.Typer, event: str, about: str) -> None:
    """Add the command for one event of an appointment."""

    def happen(
        context: typer.Context,
        appointment: AppointmentArgument,
        version: VersionOption = None,
        as_json: JsonFlag = False,
    ) -> None:
        from kept.core.booking import AppointmentEvent
        from kept.entrypoints.cli.bookings import CALLER
        from kept.flow.booking import Change, apply

        parts = parts_of(context)
        now = parts.clock.now()
        change = Change(appointment_id=appointment, by=CALLER, version=version)
        step = AppointmentEvent(event)
        after = parts.store.submit(lambda tx: apply(tx, change, step, now=now)).result()
        say(_document(after), as_json=as_json, text=_line(after))

    command(program, event, about=about)(happen)


@command(app, "list")
def list_appointments(
    context: typer.Context,
    day: Annotated[str | None, typer.Option(help="A day, YYYY-MM-DD, on the calendar of the place.")] = None,
    patient: Annotated[str | None, typer.Option(help="All visits of one patient, the earliest first.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the visits of a day, or of a patient."""
    from kept.core.booking import Appointment
    from kept.core.errors import InvalidInputError
    from kept.core.zones import parse_date
    from kept.entrypoints.cli.finding import Range, appointments_of_day, entities

    store = parts_of(context).store
    if (day is None) == (patient is None):
        raise InvalidInputError.of("", "one_of", "give one of --day and --patient")
    if day:
        found = appointments_of_day(store, parse_date(day, field="day").isoformat())
    else:
        where = Range(index="appointments_by_patient", partition=patient or "")
        found = list(entities(store, Appointment, where)) if patient else []
    rows = [(a.start_local.isoformat(" ", "minutes"), a.status, a.patient_id, a.practitioner_id, a.id) for a in found]
    columns = ("start", "status", "patient", "practitioner", "id")
    document = {"appointments": [_document(a) for a in found]}
    say(document, as_json=as_json, text=lambda: table(columns, rows))


def _line(appointment: Appointment) -> str:
    at = appointment.start_local.isoformat(" ", "minutes")
    return f"{appointment.id} {appointment.status.value} {at} {appointment.zone}"


def _document(appointment: Appointment) -> object:
    import msgspec

    from kept.entrypoints.http_api.views import appointment_view

    return msgspec.to_builtins(appointment_view(appointment))
