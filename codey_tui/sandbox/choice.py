"""The choice between the sandboxes: made once, when a command first needs one, and never changed behind anyone's back."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from codey_tui.sandbox.base import Completed, Limits, OnOutput, Sandbox, SandboxRefused
from codey_tui.sandbox.docker import Docker

AUTO = "auto"


class Candidate(Sandbox, Protocol):
    """A sandbox that can say whether it works here."""

    def problem(self) -> str: ...


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate: whether it was chosen, and why it cannot be used here (empty: it can)."""

    name: str
    chosen: bool
    problem: str


class Choice:
    """A `Sandbox` that is the first of `candidates` that works, or the one that is `wanted` by name.

    A wanted one that does not work is not replaced: its runs are refused, with the reason.
    """

    def __init__(self, candidates: Mapping[str, Callable[[], Candidate]], wanted: str = AUTO) -> None:
        self._candidates = candidates
        self._wanted = wanted
        self._lock = threading.Lock()
        self._opened: dict[str, Candidate] = {}
        self._problems: dict[str, str] = {}
        self._chosen = ""

    @property
    def name(self) -> str:
        """The name of the chosen one; the first question makes the choice, which can take a second."""
        return self._choose()

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        workspace: Path,
        env: Mapping[str, str],
        limits: Limits,
        on_output: OnOutput,
        cancel: threading.Event,
    ) -> Completed:
        """See `Sandbox.run`."""
        chosen = self._choose()
        if problem := self._problem_now(chosen):
            raise SandboxRefused(f"The sandbox {chosen} is asked for in the settings, but {problem}.")
        return self._open(chosen).run(
            argv, cwd=cwd, workspace=workspace, env=env, limits=limits, on_output=on_output, cancel=cancel
        )

    def weaker(self) -> Sandbox | None:
        """The next one that works, after the chosen one in the order of strength: to be asked for, never just taken."""
        names = list(self._candidates)
        later = names[names.index(self._choose()) + 1 :]
        return next((self._open(name) for name in later if not self._problem(name)), None)

    def survey(self) -> list[Tried]:
        """Every candidate, tried."""
        chosen = self._choose()
        return [Tried(name=name, chosen=name == chosen, problem=self._problem(name)) for name in self._candidates]

    @property
    def pids(self) -> tuple[int, ...]:
        """Processes that hold containers, outside of this process's own tree."""
        with self._lock:
            opened = list(self._opened.values())
        return tuple(pid for sandbox in opened if isinstance(sandbox, Docker) for pid in sandbox.pids)

    def close(self) -> None:
        """See `Sandbox.close`."""
        with self._lock:
            opened = list(self._opened.values())
        for sandbox in opened:
            sandbox.close()

    def _choose(self) -> str:
        with self._lock:
            if not self._chosen:
                if self._wanted == AUTO:
                    names = list(self._candidates)
                    self._chosen = next((name for name in names[:-1] if not self._try(name)), names[-1])
                else:
                    self._chosen = self._wanted
            return self._chosen

    def _open(self, name: str) -> Candidate:
        with self._lock:
            return self._made(name)

    def _problem(self, name: str) -> str:
        with self._lock:
            return self._try(name)

    def _problem_now(self, name: str) -> str:
        """What did not work before may have been mended meanwhile."""
        with self._lock:
            if self._problems.get(name):
                del self._problems[name]
            return self._try(name)

    def _try(self, name: str) -> str:
        if name not in self._problems:
            self._problems[name] = self._made(name).problem()
        return self._problems[name]

    def _made(self, name: str) -> Candidate:
        if name not in self._opened:
            self._opened[name] = self._candidates[name]()
        return self._opened[name]
