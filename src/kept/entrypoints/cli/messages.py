"""``kept send``, ``why`` and ``notifications``: what is sent, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kept.entrypoints.cli.screen import Exit, JsonFlag, command, parts_of, say, table

if TYPE_CHECKING:
    from kept.core.notifications import Notification

notifications = typer.Typer(no_args_is_help=True, help="Look at what is planned and sent.")

DayOption = Annotated[str | None, typer.Option(help="A UTC day, YYYY-MM-DD, on which they are due.")]


def add_to(program: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    command(program)(send)
    command(program)(why)
    program.add_typer(notifications, name="notifications")


def send(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="JSON: a batch event, a list of items, or one; - reads standard input.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for its end.")] = 60.0,
    as_json: JsonFlag = False,
) -> None:
    """
    Send a batch of reminders now, and print how it went.

    A server or worker that is running sends it; alone, this command does.
    """
    from kept.entrypoints.cli.batches import checked_wait, sent
    from kept.entrypoints.cli.bookings import document_in

    answer = sent(parts_of(context), document_in(file), wait_s=checked_wait(wait))
    lines = [f"{name}: {value}" for name, value in answer.items() if name != "errors"]
    say(answer, as_json=as_json, text="\n".join(lines))
    if "pending" in answer:
        raise typer.Exit(Exit.FAILED)


def why(
    context: typer.Context,
    notification: Annotated[str, typer.Argument(metavar="NOTIFICATION", help="Its id.")],
    as_json: JsonFlag = False,
) -> None:
    """Tell what happened to a notification, and why."""
    import msgspec

    from kept.core.booking import Appointment
    from kept.core.errors import NotFoundError
    from kept.core.notifications import Notification
    from kept.entrypoints.http_api.views import notification_story_view

    store = parts_of(context).store
    found = store.load(Notification, [notification])
    if not found:
        raise NotFoundError("notification")
    appointment_id = found[0].appointment_id
    about = store.load(Appointment, [appointment_id]) if appointment_id else ()
    view = notification_story_view(found[0], about[0] if about else None)
    lines = (f"{line.at:%Y-%m-%d %H:%M:%S} UTC  {line.text}" for line in view.story)
    say(msgspec.to_builtins(view), as_json=as_json, text="\n".join(lines))


@command(notifications, "list")
def list_notifications(
    context: typer.Context,
    day: DayOption = None,
    patient: Annotated[str | None, typer.Option(help="All of one patient.")] = None,
    batch: Annotated[str | None, typer.Option(help="All of one batch.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the notifications of a day, a patient or a batch, in the order in which they are due."""
    import msgspec

    from kept.core.errors import InvalidInputError
    from kept.core.notifications import Notification
    from kept.core.zones import parse_date
    from kept.entrypoints.cli.finding import Range, entities
    from kept.entrypoints.http_api.views import notification_view
    from kept.flow.search import notifications_of

    given = {"day": day, "patient": patient, "batch": batch}
    chosen = [(name, value) for name, value in given.items() if value]
    if len(chosen) != 1:
        raise InvalidInputError.of("", "one_of", "give one of --day, --patient and --batch")
    name, value = chosen[0]
    store = parts_of(context).store
    partition = parse_date(value, field="day").isoformat() if name == "day" else value
    where = Range(index=f"notifications_by_{name}", partition=partition)
    found = notifications_of(store, value) if name == "patient" else tuple(entities(store, Notification, where))
    document = {"notifications": [msgspec.to_builtins(notification_view(n)) for n in found]}
    columns = ("due (UTC)", "state", "outcome", "reason", "rule", "patient", "id")
    say(document, as_json=as_json, text=lambda: table(columns, [_row(n) for n in found]))


def _row(notification: Notification) -> tuple[object, ...]:
    return (
        f"{notification.due_at:%Y-%m-%d %H:%M}",
        notification.state.value,
        notification.outcome.value if notification.outcome else "",
        notification.reason.value if notification.reason else "",
        notification.rule,
        notification.patient_id,
        notification.id,
    )
