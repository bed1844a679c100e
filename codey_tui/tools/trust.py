"""Which folders of the person's own tools may be run: by real path and content, so that a changed file is asked for anew."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec

MAX_FILES = 64
MAX_FILE_BYTES = 1 << 20


class ToolFolder(NamedTuple):
    """A folder of tools as it was read: the bytes of its Python files by name, what of it was refused, and the digest of
    all that. What is run later are these bytes, never the files again."""

    path: Path
    files: dict[str, bytes]
    problems: tuple[str, ...]
    digest: str


def read_folder(folder: Path) -> ToolFolder | None:
    """The folder with its files; None where there is no such folder or nothing in it."""
    real = Path(os.path.realpath(folder))
    if not real.is_dir():
        return None
    files: dict[str, bytes] = {}
    problems: list[str] = []
    for place in sorted(real.glob("*.py")):
        problem = "" if len(files) < MAX_FILES else f"there are more than {MAX_FILES} files"
        if not problem:
            data, problem = _content(place)
            if not problem:
                files[place.name] = data
        if problem:
            problems.append(f"{place.name} was left out: {problem}.")
    if not files and not problems:
        return None
    whole = hashlib.sha256()
    for name, data in files.items():
        whole.update(hashlib.sha256(os.fsencode(name)).digest() + hashlib.sha256(data).digest())
    return ToolFolder(real, files, tuple(problems), whole.hexdigest())


def _content(place: Path) -> tuple[bytes, str]:
    """The bytes of a regular file, or why it is not read."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return b"", error.strerror or str(error)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b"", "it is no regular file"
        data = stream.read(MAX_FILE_BYTES + 1)
    return (b"", f"it is larger than {MAX_FILE_BYTES >> 10} KiB") if len(data) > MAX_FILE_BYTES else (data, "")


class TrustStore:
    """The folders that were trusted, in a file of the user's own data folder."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def trusts(self, folder: ToolFolder) -> bool:
        """Whether the folder was trusted with exactly this content."""
        return self._read().get(str(folder.path)) == folder.digest

    def trust(self, folder: ToolFolder) -> None:
        """Trust the folder as it is now."""
        self._write(self._read() | {str(folder.path): folder.digest})

    def withdraw(self, folder: Path) -> bool:
        """Trust the folder no longer; False where it was not trusted."""
        known = self._read()
        found = known.pop(os.path.realpath(folder), None) is not None
        if found:
            self._write(known)
        return found

    def _read(self) -> dict[str, str]:
        """What cannot be read trusts nothing."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _write(self, known: dict[str, str]) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=self._file.parent, prefix=".trusted.")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(known)))
        Path(name).replace(self._file)
