"""``kept key``: give out API keys, list them, take them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say, table

if TYPE_CHECKING:
    from kept.core.access import ApiKey

app = typer.Typer(no_args_is_help=True, help="Give out API keys, list them, take them back.")


@command(app)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Whose key it is; shown in lists.")],
    scope: Annotated[Literal["read", "desk", "admin"], typer.Option(help="What it may do; each includes the former.")],
    expires_days: Annotated[int | None, typer.Option(min=1, max=3650, help="Good for so many days.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make an API key and print it, once: it is not kept in a form that can be shown again."""
    from datetime import timedelta

    from kept.core.access import ApiKey, Scope, full_key, secret_hash
    from kept.core.people import checked_text
    from kept.flow.access import create_key

    parts = parts_of(context)
    now = parts.clock.now()
    secret = parts.ids.secret()
    new = ApiKey(
        id=parts.ids.new("key"),
        name=checked_text(name, field="name"),
        scope=Scope(scope),
        secret_hash=secret_hash(secret),
        created_at=now,
        expires_at=now + timedelta(days=expires_days) if expires_days else None,
    )
    key = parts.store.submit(lambda tx: create_key(tx, new)).result()
    document = {"key": full_key(key.id, secret), **_document(key)}
    say(document, as_json=as_json, text=str(document["key"]))


@command(app, "list")
def list_keys(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the keys, the newest first, without their secrets."""
    from kept.core.access import ApiKey

    store = parts_of(context).store
    hits = store.query("api_keys", "all", limit=1000, newest_first=True).hits
    keys = [_document(key) for key in store.load(ApiKey, [hit.id for hit in hits])]
    columns = ("id", "name", "scope", "createdAt", "expiresAt", "revokedAt")
    say({"keys": keys}, as_json=as_json, text=lambda: table(columns, [[k[c] for c in columns] for k in keys]))


@command(app)
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(help="Its id, as in the list.")],
    as_json: JsonFlag = False,
) -> None:
    """Take a key back; it opens nothing from now on."""
    from kept.flow.access import revoke_key

    parts = parts_of(context)
    now = parts.clock.now()
    key = parts.store.submit(lambda tx: revoke_key(tx, key_id, now=now)).result()
    say(_document(key), as_json=as_json, text=f"{key.id} is taken back.")


def _document(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scope": key.scope.value,
        "createdAt": key.created_at.isoformat(),
        "expiresAt": key.expires_at.isoformat() if key.expires_at else None,
        "revokedAt": key.revoked_at.isoformat() if key.revoked_at else None,
    }
