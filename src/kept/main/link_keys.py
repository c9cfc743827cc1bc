"""The secret that seals the links in messages: as it is set, or made once and kept in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from kept.core.errors import InvalidInputError, StorageUnavailableError
from kept.core.links import Links, links_at, may_carry_links
from kept.main.settings import Settings, SettingsError, public_url

SECRET_FILE: Final = "link-secret"  # noqa: S105  the name of a file
"""In the data folder; who has it can open every link, and without it no link that was sent opens."""
_OWNER_ONLY: Final = 0o600


def links_of(settings: Settings) -> Links | None:
    """
    Return what makes and opens the links in messages, or None when people cannot reach the pages safely.

    Raises:
        SettingsError: a secret can be guessed.
        StorageUnavailableError: the secret cannot be kept in the data folder.
    """
    url = public_url(settings)
    if not may_carry_links(url):
        return None
    try:
        return links_at(url, _keys(settings))
    except InvalidInputError as error:
        raise SettingsError(*error.problems) from None


def _keys(settings: Settings) -> tuple[bytes, ...]:
    own = settings.link_secret.text or _kept_secret(settings.data)
    before = settings.link_previous_secret.text
    return tuple(key.encode() for key in (own, before) if key)


def _kept_secret(folder: Path) -> str:
    """Return the secret in the data folder; the first who asks makes it, whole or not at all."""
    path = folder / SECRET_FILE
    try:
        if not path.exists():
            _make(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read or made ({type(error).__name__}); check the folder and its rights"
        raise StorageUnavailableError(message) from error


def _make(path: Path) -> None:
    """Write a new secret under another name first, so that nobody reads half of it and the first one counts."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
