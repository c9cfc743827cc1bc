from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from kept.core.errors import InvalidInputError, RefusedError
from kept.main.aws_package import (
    NOT_IN_FUNCTIONS,
    ROOT,
    checked_out,
    compiled,
    copy_kept,
    packed_template,
    pins_of_functions,
    zipped,
)

UNCHECKED_HASH = 1
"""Source: PEP 552, the flags in a compiled file."""
PINS = (ROOT / "requirements" / "aws.txt").read_text(encoding="utf-8")


def test_functions_get_what_they_import_and_neither_server_nor_command_line() -> None:
    names = pins_of_functions(PINS).keys()

    assert {"botocore", "msgspec", "starlette", "structlog"} <= names
    assert names & (NOT_IN_FUNCTIONS | {"click", "pygments", "shellingham"}) == set()


def test_every_pin_keeps_its_hashes() -> None:
    assert all("--hash=sha256:" in pin for pin in pins_of_functions(PINS).values())


def test_the_same_files_give_the_same_bytes_whenever_they_were_made(tmp_path: Path) -> None:
    for name in ("one", "two"):
        copy_kept(tmp_path / name)
    (tmp_path / "two" / "kept" / "py.typed").touch()

    for name in ("one", "two"):
        zipped(tmp_path / name, tmp_path / f"{name}.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_what_functions_import_is_compiled_for_their_python_in_the_same_bytes_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    runtime = f"{sys.version_info.major}.{sys.version_info.minor}"
    for name in ("one", "two"):
        copy_kept(tmp_path / name)
        assert compiled(tmp_path / name, runtime)
        zipped(tmp_path / name, tmp_path / f"{name}.zip")

    content = (tmp_path / "one" / "kept" / "__pycache__" / f"__init__.{sys.implementation.cache_tag}.pyc").read_bytes()

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert int.from_bytes(content[4:8], "little") == UNCHECKED_HASH
    assert b"/var/task/kept/__init__.py" in content
    assert str(tmp_path).encode() not in content


def test_without_the_python_of_the_functions_nothing_is_compiled(tmp_path: Path) -> None:
    copy_kept(tmp_path)

    assert not compiled(tmp_path, "3.99")
    assert list(tmp_path.rglob("*.pyc")) == []


def test_an_archive_holds_no_scripts_and_no_lists_of_an_installer(tmp_path: Path) -> None:
    folder = tmp_path / "staging"
    for name in ("kept/a.py", "bin/tool", "lib-1.dist-info/RECORD"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x", encoding="utf-8")

    unpacked, files = zipped(folder, tmp_path / "made.zip")

    assert zipfile.ZipFile(tmp_path / "made.zip").namelist() == ["kept/a.py"]
    assert (unpacked, files) == (1, 1)


def test_the_template_of_the_sources_names_its_code_once() -> None:
    text = (ROOT / "deploy" / "aws" / "template.yaml").read_text(encoding="utf-8")

    assert "CodeUri: functions.zip" in packed_template(text)


def test_a_template_that_names_no_code_is_refused() -> None:
    with pytest.raises(RefusedError, match="names its code 0 times"):
        packed_template("Resources: {}\n")


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="must name a folder"):
        checked_out(str(tmp_path / "out"))
