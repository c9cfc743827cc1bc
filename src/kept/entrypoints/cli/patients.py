"""``kept patients``: add, show and find."""

from __future__ import annotations

from typing import Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say, table

app = typer.Typer(no_args_is_help=True, help="Add, show and find patients.")


@command(app)
def add(
    context: typer.Context,
    patient_id: Annotated[str | None, typer.Option("--id", help="Its id; made if not given.")] = None,
    first_name: Annotated[str, typer.Option()] = "",
    last_name: Annotated[str, typer.Option()] = "",
    name: Annotated[str, typer.Option(help="The whole name, instead of first and last.")] = "",
    phone: Annotated[
        str | None, typer.Option(help="As people write it; the practice's country if it has none.")
    ] = None,
    email: Annotated[str | None, typer.Option()] = None,
    date_of_birth: Annotated[str | None, typer.Option(help="YYYY-MM-DD.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of messages, such as es; else the practice's.")] = None,
    zone: Annotated[str | None, typer.Option(help="Zone in which the person lives; else that of the place.")] = None,
    no_sms: Annotated[bool, typer.Option("--no-sms", help="The person does not want text messages.")] = False,
    no_email: Annotated[bool, typer.Option("--no-email", help="The person does not want e-mail.")] = False,
    self_entered: Annotated[
        bool, typer.Option("--self-entered", help="Typed on a public page: no text before the number is proven.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Register a patient."""
    from kept.entrypoints.cli.registering import registered

    document = {
        "patientId": patient_id,
        "firstName": first_name,
        "lastName": last_name,
        "name": name,
        "phone": phone,
        "email": email,
        "dateOfBirth": date_of_birth,
        "language": language,
        "timeZone": zone,
        "selfEntered": self_entered,
        "consents": {channel: False for channel, says_no in (("sms", no_sms), ("email", no_email)) if says_no},
    }
    patient = registered(parts_of(context), {key: value for key, value in document.items() if value})
    say(patient, as_json=as_json, text=f"{patient['patientId']} is registered.")


@command(app)
def show(context: typer.Context, patient_id: Annotated[str, typer.Argument()], as_json: JsonFlag = False) -> None:
    """Show one patient."""
    from kept.core.errors import NotFoundError
    from kept.core.people import Patient
    from kept.entrypoints.cli.registering import shown

    store = parts_of(context).store
    found = store.load(Patient, [patient_id])
    if not found:
        raise NotFoundError("patient")
    document = shown(store, found[0])
    say(document, as_json=as_json, text=lambda: table(("field", "value"), document.items()))


@command(app)
def find(
    context: typer.Context,
    name: Annotated[str | None, typer.Option(help="Beginning of the name; three letters or more.")] = None,
    phone: Annotated[str | None, typer.Option()] = None,
    email: Annotated[str | None, typer.Option()] = None,
    as_json: JsonFlag = False,
) -> None:
    """Find patients by the beginning of the name, by phone or by e-mail."""
    from kept.core.errors import NotFoundError
    from kept.entrypoints.cli.finding import patients_found
    from kept.entrypoints.cli.registering import shown

    store = parts_of(context).store
    found = [shown(store, patient) for patient in patients_found(store, name=name, phone=phone, email=email)]
    if not found:
        raise NotFoundError("patient")
    columns = ("patientId", "name", "phone", "email")
    say({"patients": found}, as_json=as_json, text=lambda: table(columns, [[p[c] for c in columns] for p in found]))
