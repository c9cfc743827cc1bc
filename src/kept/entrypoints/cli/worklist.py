"""``kept worklist``: what a person must do, the soonest visit first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kept.core.worklist import WorklistItem
    from kept.entrypoints.cli.parts import Parts
    from kept.entrypoints.http_api.worklist import WorklistItemView
    from kept.flow.worklist import Listed
    from kept.ports.store import Store

app = typer.Typer(no_args_is_help=True, help="See what a person must do, and close it with what was done.")

ItemArgument = Annotated[str, typer.Argument(metavar="ITEM", help="Its id.")]
VersionOption = Annotated[int | None, typer.Option(help="The version you looked at; refused if it has changed since.")]


@command(app, "list")
def list_items(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List everyone a machine could not reach or understand, the soonest visit first."""
    import msgspec

    from kept.entrypoints.http_api.worklist import item_view

    views = [item_view(row) for row in _open(parts_of(context))]
    columns = ("visit", "patient", "phone", "why", "id")
    say({"items": msgspec.to_builtins(views)}, as_json=as_json, text=lambda: table(columns, map(_row, views)))


@command(app)
def close(
    context: typer.Context,
    item: ItemArgument,
    done: Annotated[str, typer.Option(help="What was done, in your own words.")],
    version: VersionOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Close an item with what was done."""
    from kept.entrypoints.cli.bookings import CALLER
    from kept.flow.worklist import Act, close_item

    parts = parts_of(context)
    act, now = Act(item_id=item, by=CALLER, version=version), parts.clock.now()
    after = parts.store.submit(lambda tx: close_item(tx, act, done=done, now=now)).result()
    _tell(parts.store, after, as_json=as_json)


@command(app)
def reopen(
    context: typer.Context, item: ItemArgument, version: VersionOption = None, as_json: JsonFlag = False
) -> None:
    """Let an item wait for somebody again."""
    from kept.entrypoints.cli.bookings import CALLER
    from kept.flow.worklist import Act, reopen_item

    parts = parts_of(context)
    act, now = Act(item_id=item, by=CALLER, version=version), parts.clock.now()
    _tell(parts.store, parts.store.submit(lambda tx: reopen_item(tx, act, now=now)).result(), as_json=as_json)


def _open(parts: Parts) -> Iterator[Listed]:
    """Yield everything that is open, from page after page."""
    from kept.flow.worklist import worklist

    now, cursor = parts.clock.now(), None
    while True:
        page = worklist(parts.store, now=now, limit=200, cursor=cursor)
        yield from page.rows
        cursor = page.cursor
        if cursor is None:
            return


def _row(view: WorklistItemView) -> tuple[object, ...]:
    start = (view.visit_start or "")[:16].replace("T", " ")
    return start, view.patient_name or view.patient_id, view.phone or view.address, view.why, view.item_id


def _tell(store: Store, item: WorklistItem, *, as_json: bool) -> None:
    import msgspec

    from kept.entrypoints.http_api.worklist import item_view
    from kept.flow.worklist import listed

    view = item_view(listed(store, (item,))[0])
    said = f": {item.done}" if item.done else ""
    say(msgspec.to_builtins(view), as_json=as_json, text=f"{item.id} is {item.state.value}{said}")
