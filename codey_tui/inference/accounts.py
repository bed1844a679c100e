"""What each process of Codey says that it holds in memory: one small file per process, in one folder for all workspaces.

A process keeps a lock on a file beside its account for as long as it lives, so that the account of a dead one is known as such.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import Literal

import msgspec

from codey_tui.inference.tables import drafts_of, write_whole

Kind = Literal["engine", "screen", "run"]
_BOOK, _LOADING = "ledger.lock", "loading.lock"


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A model in memory, or on its way there while `loading`; `needs` bytes are put aside for it.

    `pid` is its process (0: none yet), `leases` says for what it works now, `used` when it last did (seconds since the epoch),
    `until` when it will be given back if nobody needs it (0: not by itself).
    """

    key: str
    model: str
    needs: int
    loading: bool = True
    pid: int = 0
    leases: tuple[str, ...] = ()
    used: float = 0.0
    until: float = 0.0
    n_ctx: int = 0
    kv_type: str = "f16"

    @property
    def idle(self) -> bool:
        """Whether it may be given back."""
        return not self.loading and not self.leases


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A load that waits: nothing is put aside for it until it fits. `awaits` are models at work, in words."""

    key: str
    model: str
    needs: int
    n_ctx: int
    kv_type: str
    awaits: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What the process `pid` holds beside its own memory: models, and `beside` bytes in containers and commands.

    `asks` are keys of idle models of others that it would like to see given back, `waiting` its loads that wait for models at work.
    """

    id: str
    pid: int
    kind: Kind
    workspace: str = ""
    holdings: tuple[Holding, ...] = ()
    beside: int = 0
    asks: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()


class AccountBook:
    """The accounts in `folder`, which is made. With a `kind` this process has one of its own, until `close` or its end."""

    def __init__(self, folder: Path, kind: Kind | None = None, workspace: str = "") -> None:
        self._folder = folder
        self._lock: int | None = None
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.own: Account | None = None
        if kind is not None:
            self.own = Account(
                id=f"{os.getpid()}-{secrets.token_hex(3)}", pid=os.getpid(), kind=kind, workspace=workspace
            )
            with self.locked():  # or somebody would take it for a dead one's before it is locked
                self._lock = _open(self._path(self.own.id, "lock"))
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                self.write(self.own)

    def write(self, account: Account) -> None:
        """Put the process's account in the place of what it wrote before."""
        self.own = account
        write_whole(self._path(account.id, "json"), account)

    def others(self) -> list[Account]:
        """The accounts of all other processes that live."""
        own = self.own.id if self.own else ""
        found: list[Account] = []
        for file in sorted(self._folder.glob("*.json")):
            if file.stem == own or not self._lives(file.stem):
                continue
            # it ended a moment ago; or is no account
            with contextlib.suppress(FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
                found.append(msgspec.json.decode(file.read_bytes(), type=Account))
        return found

    def sweep(self) -> None:
        """Remove what dead processes left; the caller holds the lock."""
        for file in self._folder.glob("*.lock"):
            if file.name not in (_BOOK, _LOADING) and not self._lives(file.stem):
                account = self._path(file.stem, "json")
                for left in (*drafts_of(account), account, file):
                    left.unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Nobody else decides anything within the block, which takes a few milliseconds."""
        file = _open(self._folder / _BOOK)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def begin_load(self) -> int | None:
        """The right to load a model, which one process at a time has; None while another has it. Give it to `end_load`."""
        file = _open(self._folder / _LOADING)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file

    @staticmethod
    def end_load(right: int) -> None:
        """Let the next one load."""
        os.close(right)

    def close(self) -> None:
        """Close the process's account."""
        if self.own is None or self._lock is None:
            return
        with self.locked():
            for ending in ("json", "lock"):
                self._path(self.own.id, ending).unlink(missing_ok=True)
            os.close(self._lock)
        self.own = self._lock = None

    def _path(self, name: str, ending: str) -> Path:
        return self._folder / f"{name}.{ending}"

    def _lives(self, name: str) -> bool:
        """Whether its process still holds the lock: a number alone could be another process's by now."""
        try:
            file = os.open(self._path(name, "lock"), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        return False


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
