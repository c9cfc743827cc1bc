"""
Every example in the documentation runs and prints what the page says.

A block fenced ``console`` is a session: its lines after ``$`` are run by ``sh`` in the order of the page, in one shell
and one empty folder per page, and what follows is compared with what they print; ``...`` stands for anything. Blocks
fenced ``console with-server`` may talk to ``kept serve --demo``, wherever the page says 127.0.0.1:8080. Blocks fenced
``sh`` are only shown.
"""

from __future__ import annotations

import doctest
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from tests.docs.pages import ROOT, Example, examples, pages
from tests.uncounted import uncounted_environment

SHOWN_ADDRESS = "127.0.0.1:8080"
LONGEST_S = 120
MARK = "=====kept-example====="
_CHECKER = doctest.OutputChecker()
_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def lies(session: list[Example], folder: Path, address: str = SHOWN_ADDRESS) -> Iterator[str]:
    """Run *session* in *folder*; yield a report for every example that fails or prints something else."""
    script = "".join(f"{example.command}\nprintf '\\n%s %d\\n' '{MARK}' $?\n" for example in session)
    (folder / ".session").write_text(script.replace(SHOWN_ADDRESS, address), encoding="utf-8")
    printed = _printed_by(folder).replace(address, SHOWN_ADDRESS).split(f"\n{MARK} ")
    codes = [part.partition("\n")[0] for part in printed[1:]] + ["never reached"] * len(session)
    outputs = [printed[0], *(part.partition("\n")[2] for part in printed[1:])] + [""] * len(session)
    for example, code, output in zip(session, codes, outputs, strict=False):
        as_said = not example.expected or _CHECKER.check_output(
            example.expected + "\n", output.strip() + "\n", _OPTIONS
        )
        if code != "0" or not as_said:
            said = f"line {example.line}: {example.command}\nexit code {code}"
            yield f"{said}\nthe page says:\n{example.expected}\nit prints:\n{output.strip()}"


def _printed_by(folder: Path) -> str:
    """Return what the session in *folder* prints; whatever it leaves running ends with it."""
    with subprocess.Popen(
        ["sh", ".session"],
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as session:
        try:
            return session.communicate(timeout=LONGEST_S)[0]
        finally:
            with suppress(ProcessLookupError):
                os.killpg(session.pid, signal.SIGKILL)


def _environment(folder: Path) -> dict[str, str]:
    """Return what an example sees: our program first on the PATH, its data in *folder*, and none of our settings."""
    kept_back = {name: value for name, value in uncounted_environment().items() if not name.startswith("KEPT_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    plain = {"NO_COLOR": "1", "COLUMNS": "120", "LC_ALL": "C.UTF-8"}
    return {**kept_back, **plain, "PATH": programs, "HOME": str(folder), "KEPT_DATA": str(folder / "var")}


@contextmanager
def demo_server(folder: Path) -> Iterator[str]:
    """Serve the sample practice on a free port; yield its address, and stop it at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = ["kept", "serve", "--demo", "--port", address.rpartition(":")[2]]
    with (
        (folder / ".server.log").open("wb") as log,
        subprocess.Popen(
            command, cwd=folder, env=_environment(folder), stdout=log, stderr=subprocess.STDOUT, executable=_program()
        ) as server,
    ):
        try:
            _wait_until_it_answers(f"http://{address}/healthz", server, folder / ".server.log")
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def _program() -> str:
    return str(Path(sys.executable).with_name("kept"))


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    pause = Event()
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own server
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.1)
    pytest.fail(f"kept serve does not answer at {url}:\n{log.read_text(encoding='utf-8')}")


PAGES_WITH_EXAMPLES = [page for page in pages() if list(examples(page.read_text(encoding="utf-8")))]


@pytest.mark.parametrize("page", PAGES_WITH_EXAMPLES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_example_of_the_page_runs_and_prints_what_it_says(page: Path, tmp_path: Path) -> None:
    session = list(examples(page.read_text(encoding="utf-8")))

    if any(example.needs_server for example in session):
        with demo_server(tmp_path) as address:
            reports = list(lies(session, tmp_path, address))
    else:
        reports = list(lies(session, tmp_path))

    assert reports == [], "\n\n".join(reports)


def test_the_tools_of_the_examples_are_here() -> None:
    assert [tool for tool in ("sh", "curl") if shutil.which(tool) is None] == []


TRUE_PAGE = """
```console
$ NAME=Ann; echo "Hello \\
  there"
Hello   there
$ echo "$NAME booked 1f3c today"
Ann booked ... today
$ true
```
"""


def test_a_page_that_tells_the_truth_passes(tmp_path: Path) -> None:
    assert list(lies(list(examples(TRUE_PAGE)), tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("$ echo 4\n5", "it prints:\n4", id="another output"),
        pytest.param("$ false", "exit code 1", id="a failing command"),
        pytest.param("$ exit 0\n$ echo 1\n1", "exit code never reached", id="an end before the end"),
        pytest.param("$ kept-no-such-program", "not found", id="a program that is not there"),
    ],
)
def test_sees_a_page_that_lies(text: str, says: str, tmp_path: Path) -> None:
    reports = list(lies(list(examples(f"```console\n{text}\n```\n")), tmp_path))

    assert says in "\n".join(reports)


def test_runs_nothing_that_is_only_shown() -> None:
    assert list(examples("```sh\n$ rm -r everything\n```\n```text\n$ echo\n```\n")) == []
