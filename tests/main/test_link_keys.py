"""The secret that seals links: set, made once, replaced; and when there are no links at all."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kept.core.errors import StorageUnavailableError
from kept.core.links import Links
from kept.main.doctor import examine
from kept.main.link_keys import SECRET_FILE, links_of
from kept.main.settings import Settings, SettingsError, changed

SECRET, OTHER = "s" * 40, "o" * 40


def settings(folder: Path, **fields: object) -> Settings:
    return changed(Settings(), data=folder, **fields)


def made(folder: Path, **fields: object) -> Links:
    links = links_of(settings(folder, **fields))
    assert links is not None
    return links


def test_without_a_setting_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path)

    file = tmp_path / SECRET_FILE
    assert first == second
    assert first.keys == (file.read_bytes().strip(),)
    assert len(first.keys[0]) == 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_of_many_who_make_it_at_once_all_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: made(tmp_path), range(64)))

    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]


def test_whoever_comes_second_takes_the_first_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made(tmp_path)
    looks = iter([False])
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: next(looks, exists(self)))

    assert made(tmp_path) == first


def test_a_secret_that_is_set_counts_and_none_is_made(tmp_path: Path) -> None:
    links = made(tmp_path, link_secret=SECRET, link_previous_secret=OTHER)

    assert links.keys == (SECRET.encode(), OTHER.encode())
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_can_be_guessed_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="link_secret: must be 32 characters or more") as caught:
        links_of(settings(tmp_path, link_secret="hunter2"))

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("trouble", ["no folder", "a folder in its place", "not text"])
def test_a_secret_that_cannot_be_kept_is_told(tmp_path: Path, trouble: str) -> None:
    folder = tmp_path / "gone" if trouble == "no folder" else tmp_path
    if trouble == "a folder in its place":
        (tmp_path / SECRET_FILE).mkdir()
    if trouble == "not text":
        (tmp_path / SECRET_FILE).write_bytes(b"\xff" * 40)

    with pytest.raises(StorageUnavailableError, match="check the folder and its rights"):
        links_of(settings(folder))


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": 81}, "http://[::1]:81"),
        ({"public_url": "https://visits.example/kept/"}, "https://visits.example/kept"),
        ({"host": "0.0.0.0"}, None),  # noqa: S104  that is what is tested
        ({"public_url": "http://visits.example"}, None),
    ],
)
def test_links_begin_where_people_reach_the_pages_if_that_is_safe(
    tmp_path: Path, fields: dict[str, object], base_url: str | None
) -> None:
    links = links_of(settings(tmp_path, **fields))

    assert (links.base_url if links else None) == base_url


@pytest.mark.parametrize(
    ("fields", "state", "found"),
    [
        ({}, "warn", "open on this machine only (http://127.0.0.1:8080)"),
        ({"public_url": "https://visits.example"}, "ok", "begin with https://visits.example"),
        ({"public_url": "http://visits.example"}, "warn", "messages carry none"),
    ],
    ids=["this machine", "everywhere", "nowhere"],
)
def test_the_doctor_says_how_far_links_reach(tmp_path: Path, fields: dict[str, object], state: str, found: str) -> None:
    (check,) = [check for check in examine(lambda: settings(tmp_path, **fields)) if check.name == "links"]

    assert (check.state, found in check.found) == (state, True)
