"""
``kept aws package``: one archive with what the functions need and nothing else, and the template that deploys it.

The same sources and pins give the same bytes: files are sorted and bear one date. What is imported is compiled, because
a function cannot write beside its code and would compile it anew at each start.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import kept
from kept.core.errors import InvalidInputError, RefusedError
from kept.entrypoints.cli.parts import AwsPackage

MOST_BYTES: Final = 50 * 1024 * 1024
"""What AWS takes as an archive that is handed over directly (Lambda quotas, "Deployment package size")."""
MOST_UNPACKED: Final = 250 * 1024 * 1024
"""As above, unpacked."""
ARCHIVE: Final = "functions.zip"
TEMPLATE: Final = "template.yaml"
PARTS_OF_TEMPLATE: Final = (TEMPLATE, "batch.asl.json")

ROOT: Final = Path(kept.__file__).resolve().parents[2]
"""Of the sources."""

NOT_IN_FUNCTIONS: Final = frozenset(
    {"httptools", "rich", "setuptools", "typer", "uvicorn", "uvloop"}
)  # fmt: skip
"""A server of its own and the command line; the functions have neither."""
_NEVER_READ: Final = ("phonenumbers/geodata", "phonenumbers/carrierdata")
"""Names of places and of carriers by number: large, and we ask for neither."""
_PIN: Final = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==", re.IGNORECASE)
_OURS: Final = "kept (pyproject.toml)"
_ABIS: Final = ("manylinux_2_28", "manylinux2014", "manylinux_2_17")
"""What Amazon Linux 2023 runs, the newest first (glibc 2.34)."""
_MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_FUNCTIONS_HOME: Final = "/var/task"
"""Where AWS unpacks the archive; tracebacks name it."""
_LEFT_OUT: Final = ("bin", "RECORD", "direct_url.json", "INSTALLER", "REQUESTED")
"""Names that depend on the machine or on when it was made, or that nothing reads."""
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_FILE_MODE: Final = 0o100644


def package(out: Path, tell: Callable[[str], None]) -> AwsPackage:
    """
    Write archive and template into a folder.

    Args:
        out: The folder; made if it is not there.
        tell: Told what is being done.

    Raises:
        RefusedError: the sources are not here, a library cannot be had, or the archive is too large for AWS.
    """
    deploy = ROOT / "deploy" / "aws"
    template = _text_of(deploy / TEMPLATE)
    runtime, machine = _target_of(template)
    with tempfile.TemporaryDirectory(prefix="kept-package-") as folder:
        staging = Path(folder)
        pins = pins_of_functions(_text_of(ROOT / "requirements" / "aws.txt"))
        tell(f"fetching {len(pins)} libraries for {runtime} on {machine}")
        _install("\n".join(pins.values()), staging, runtime=runtime, machine=machine)
        for never_read in _NEVER_READ:
            shutil.rmtree(staging / never_read)
        tell("adding kept itself")
        copy_kept(staging)
        tell(f"compiling for python{runtime}")
        is_compiled = compiled(staging, runtime)
        out.mkdir(parents=True, exist_ok=True)
        tell("packing")
        unpacked, files = zipped(staging, out / ARCHIVE)
    for name in PARTS_OF_TEMPLATE:
        text = _text_of(deploy / name)
        (out / name).write_text(packed_template(text) if name == TEMPLATE else text, encoding="utf-8")
    content = (out / ARCHIVE).read_bytes()
    _check_size(len(content), unpacked)
    return AwsPackage(
        archive=str(out / ARCHIVE),
        template=str(out / TEMPLATE),
        bytes=len(content),
        unpacked_bytes=unpacked,
        files=files,
        libraries=len(pins),
        compiled=is_compiled,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def pins_of_functions(requirements: str) -> dict[str, str]:
    r"""
    Return the pins that functions need, by name: a library stays while somebody who stays asks for it.

    >>> pins = "a==1\n    # via kept (pyproject.toml)\nb==2\n    # via rich\n"
    >>> list(pins_of_functions(pins))
    ['a']
    """
    blocks: dict[str, list[str]] = {}
    name = ""
    for line in requirements.splitlines():
        found = _PIN.match(line)
        name = found["name"].lower() if found else name
        if name:
            blocks.setdefault(name, []).append(line)
    asked_by = {name: set(_askers(lines)) for name, lines in blocks.items()}
    staying = {_OURS}
    while more := {n for n, by in asked_by.items() if by & staying} - staying - NOT_IN_FUNCTIONS:
        staying |= more
    return {n: "\n".join(line for line in lines if "#" not in line) for n, lines in blocks.items() if n in staying}


def _askers(lines: list[str]) -> Iterator[str]:
    """Yield who asks for a pin, as the comment below it says."""
    for line in lines:
        if "#" in line:
            said = line.partition("#")[2].strip().removeprefix("via").strip()
            yield said.partition("[")[0]


def packed_template(text: str) -> str:
    r"""
    Return the template with the archive in the place of the folder: ``sam build`` then has nothing left to build.

    >>> packed_template("    CodeUri: build/\n")
    '    CodeUri: functions.zip'
    """
    changed, count = re.subn(r"(?m)^(\s*CodeUri:\s*)build/\s*$", rf"\g<1>{ARCHIVE}", text)
    if count != 1:
        raise RefusedError(
            "template", f"the template names its code {count} times; say CodeUri: build/ once, in Globals"
        )
    return changed


def copy_kept(to: Path) -> None:
    """Copy the package itself, as the functions import it."""
    source = Path(kept.__file__).parent
    shutil.copytree(source, to / "kept", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def compiled(folder: Path, runtime: str) -> bool:
    """
    Compile everything for a version of Python, in the same bytes each time; tell whether that version is here.

    What was compiled is never compared with its source: that costs a look at each file, and here nothing changes.
    """
    python = shutil.which(f"python{runtime}")
    if python is None:
        return False
    options = ("-q", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", _FUNCTIONS_HOME)
    command = [python, "-m", "compileall", *options, str(folder)]
    around = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env = around | {"PYTHONHASHSEED": "0"}
    subprocess.run(command, check=False, capture_output=True, env=env)  # noqa: S603 our own words
    return any((folder / "kept").glob(f"__pycache__/*.cpython-{runtime.replace('.', '')}.pyc"))


def zipped(folder: Path, to: Path) -> tuple[int, int]:
    """Write an archive whose bytes depend on the files alone; return how large they are unpacked, and how many."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and not set(p.parts) & set(_LEFT_OUT))
    unpacked = 0
    with zipfile.ZipFile(to, "w") as archive:
        for path in paths:
            content = path.read_bytes()
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=_DATE)
            entry.external_attr = _FILE_MODE << 16
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=9)
            unpacked += len(content)
    return unpacked, len(paths)


def _check_size(size: int, unpacked: int) -> None:
    if size > MOST_BYTES or unpacked > MOST_UNPACKED:
        found = f"{size / 1024**2:.1f} MiB, unpacked {unpacked / 1024**2:.1f} MiB"
        raise RefusedError("too_large", f"the archive has {found}; AWS takes 50 and 250: leave a library out")


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        message = (
            f"{path.name} is not here: packages are made in a checkout of the sources (git clone), with pip install -e"
        )
        raise RefusedError("no_sources", message) from None


def _target_of(template: str) -> tuple[str, str]:
    """Return Python's version and the machine that the template names for its functions."""
    runtime = re.search(r"(?m)^\s*Runtime:\s*python(3\.\d+)\s*$", template)
    machine = re.search(r"(?m)^\s*Architectures:\s*\[(arm64|x86_64)\]\s*$", template)
    if not runtime or not machine:
        raise RefusedError("template", "the template names no Runtime or Architectures; say them in Globals")
    return runtime[1], machine[1]


def _install(pins: str, to: Path, *, runtime: str, machine: str) -> None:
    """Let pip fetch the wheels for the machine of the functions, and nothing that its hashes do not name."""
    listed = to.with_suffix(".txt")
    listed.write_text(pins + "\n", encoding="utf-8")
    platforms = [f"--platform={abi}_{_MACHINES[machine]}" for abi in _ABIS]
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile",
        "--require-hashes", "--only-binary=:all:", "--implementation=cp", f"--python-version={runtime}", *platforms,
        f"--target={to}", "-r", str(listed),
    ]  # fmt: skip
    try:
        ended = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 our own words
    finally:
        listed.unlink()
    if ended.returncode:
        why = (ended.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise RefusedError(
            "libraries", f"pip could not fetch the libraries ({why}); see its index settings, or connect"
        )


def checked_out(folder: str) -> Path:
    """
    Return the folder to write to.

    Raises:
        InvalidInputError: there is a file of that name.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise InvalidInputError.of("out", "not_a_folder", "must name a folder, and a file of that name is there")
    return path
