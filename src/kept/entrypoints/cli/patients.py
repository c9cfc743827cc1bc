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
    phone: Annotated[
        str | None, typer.Option(help="As people write it; the practice's country if it has none.")
    ] = None,
    email: Annotated[str | None, typer.Option()] = None,
    date_of_birth: Annotated[str | None, typer.Option(help="YYYY-MM-DD.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of messages, such as es; else the practice's.")] = None,
    no_sms: Annotated[bool, typer.Option("--no-sms", help="The person does not want text messages.")] = False,
    no_email: Annotated[bool, typer.Option("--no-email", help="The person does not want e-mail.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Register a patient."""
    from kept.core.contacts import parse_email, parse_phone
    from kept.core.people import ChannelName, Patient, checked_id, checked_text
    from kept.core.zones import parse_date
    from kept.entrypoints.cli.documents import patient_document
    from kept.flow.people import ConsentWish, register
    from kept.flow.practice import load_practice

    parts = parts_of(context)
    now = parts.clock.now()
    region = load_practice(parts.store).practice.region
    patient = Patient(
        id=checked_id(patient_id, field="id") if patient_id is not None else parts.ids.new("pat"),
        first_name=checked_text(first_name, field="first-name"),
        last_name=checked_text(last_name, field="last-name"),
        phone=parse_phone(phone, region=region) if phone else None,
        email=parse_email(email) if email else None,
        date_of_birth=parse_date(date_of_birth, field="date-of-birth") if date_of_birth else None,
        language=checked_text(language, field="language", limit=20) if language else None,
        created_at=now,
        updated_at=now,
    )
    unwanted = ((ChannelName.SMS, no_sms), (ChannelName.EMAIL, no_email))
    wishes = tuple(ConsentWish(channel=channel, granted=False) for channel, says_no in unwanted if says_no)
    stored = parts.store.submit(lambda tx: register(tx, patient, wishes, by="command line", now=now)).result()
    say(patient_document(stored), as_json=as_json, text=f"{stored.id} is registered.")


@command(app)
def show(context: typer.Context, patient_id: Annotated[str, typer.Argument()], as_json: JsonFlag = False) -> None:
    """Show one patient."""
    from kept.core.errors import NotFoundError
    from kept.core.people import Patient
    from kept.entrypoints.cli.documents import patient_document

    found = parts_of(context).store.load(Patient, [patient_id])
    if not found:
        raise NotFoundError("patient")
    document = patient_document(found[0])
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
    from kept.entrypoints.cli.documents import patient_document
    from kept.entrypoints.cli.finding import patients_found

    found = [patient_document(p) for p in patients_found(parts_of(context).store, name=name, phone=phone, email=email)]
    if not found:
        raise NotFoundError("patient")
    columns = ("patientId", "name", "phone", "email")
    say({"patients": found}, as_json=as_json, text=lambda: table(columns, [[p[c] for c in columns] for p in found]))
