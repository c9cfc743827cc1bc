"""The worklist: everyone a machine could not reach or understand, the soonest visit first, and what was done."""

from __future__ import annotations

from starlette.responses import Response

from kept.core.booking import sort_instant
from kept.core.worklist import CLOSED_INDEX, WorklistItem
from kept.entrypoints.web.calls import CALLER, Call, form_version
from kept.entrypoints.web.finding import MOST_LISTED, newest
from kept.entrypoints.web.rendering import page, see_other, with_query
from kept.flow.worklist import LONGEST_DONE, Act, close_item, listed, reopen_item, worklist


def worklist_page(call: Call) -> Response:
    """Show what is open, and what was closed today."""
    store = call.parts.store
    found = worklist(store, now=call.now, limit=MOST_LISTED, cursor=call.query.get("cursor") or None)
    closed = newest(store, WorklistItem, CLOSED_INDEX, sort_instant(call.now)[:10])
    return page(
        call,
        "worklist.html",
        rows=found.rows,
        more=with_query("/worklist", cursor=found.cursor) if found.cursor else "",
        closed=listed(store, closed),
        zone=call.zone_of(None),
        longest=LONGEST_DONE,
        done=call.query.get("done", ""),
    )


def close(call: Call) -> Response:
    """Close an item with what was done, if it still stands as it was looked at."""
    act = Act(item_id=call.args["item_id"], by=CALLER, version=form_version(call))
    said = call.form.get("done", "")
    call.parts.store.submit(lambda tx: close_item(tx, act, done=said, now=call.now)).result()
    return see_other("/worklist", done="closed")


def reopen(call: Call) -> Response:
    """Let an item wait for somebody again."""
    act = Act(item_id=call.args["item_id"], by=CALLER, version=form_version(call))
    call.parts.store.submit(lambda tx: reopen_item(tx, act, now=call.now)).result()
    return see_other("/worklist", done="reopened")
