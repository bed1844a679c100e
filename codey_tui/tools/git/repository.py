"""A git repository as the git tool sees it: found through GitPython, asked through git itself, with nothing of ours in the
environment that git's helpers could take away."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from codey_tui.sandbox import Completed, SandboxError
from codey_tui.sandbox.environment import scrubbed
from codey_tui.sandbox.process import supervise
from codey_tui.tools.base import ToolContext, ToolError

if TYPE_CHECKING:
    pass

_QUERY_SECONDS = 30.0
_SAFE = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false", "color.ui=false", "core.pager=cat",
    "protocol.ext.allow=never", "advice.detachedHead=false",
)  # fmt: skip
"""Looking at a repository runs none of its code. Actions that change something let the hooks run, and say so before."""
_PROGRAMS = (
    r"^(filter\..*\.(clean|smudge|process)|core\.(fsmonitor|sshcommand|editor)|credential\..*helper|credential\.helper|"
    r"diff\..*\.(textconv|command)|merge\..*\.driver|gpg\..*program|gpg\.program|remote\..*\.(uploadpack|receivepack))$"
)
_IDENTITY = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_CONFIG_NOSYSTEM")


class Repository:
    """The repository that holds a workspace. Use it in a `with` block: GitPython keeps processes until it is closed."""

    def __init__(self, workspace: Path) -> None:
        """Raises ToolError where there is no repository or no git."""
        self.workspace = Path(os.path.realpath(workspace))
        try:
            import git
        except ImportError as error:
            raise ToolError("git is not installed, or not on PATH. Install it to use the git tool.") from error
        try:
            self.repo: git.Repo = git.Repo(self.workspace, search_parent_directories=True)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
            raise ToolError("This folder is no git repository. `git init` makes it one.") from error
        if self.repo.bare or self.repo.working_tree_dir is None:
            raise ToolError("This is a bare repository: there are no files to work on.")
        self.root = Path(os.path.realpath(self.repo.working_tree_dir))
        # an inherited GIT_DIR must not lead GitPython to another repository
        self.repo.git.update_environment(**_blanked(), GIT_DIR=str(self.repo.git_dir), GIT_WORK_TREE=str(self.root))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.repo.close()

    @property
    def above(self) -> bool:
        """Whether the repository begins above the workspace."""
        return self.root != self.workspace

    @property
    def born(self) -> bool:
        """Whether there is a first commit."""
        return self.repo.head.is_valid()

    @property
    def branch(self) -> str:
        """The branch that is checked out; for a detached head the commit."""
        if self.repo.head.is_detached:
            return f"commit {self.repo.head.commit.hexsha[:9]} (detached)"
        return self.repo.active_branch.name

    def query(self, *arguments: str, check: bool = True, hooks: bool = False) -> str:
        """The output of a quick question to git, as it stands. Raises ToolError with git's own words."""
        try:
            done = subprocess.run(
                self._argv(arguments, hooks=hooks),
                cwd=self.workspace,
                env=self._environment(network=False),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_QUERY_SECONDS,
                start_new_session=True,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ToolError(f"git did not answer: {error}.") from error
        if check and done.returncode:
            raise ToolError(f"git: {_last_words(done.stderr.decode('utf-8', 'replace'))}")
        return done.stdout.decode("utf-8", "replace")

    def run(
        self, context: ToolContext, arguments: Sequence[str], *, hooks: bool = False, network: bool = False
    ) -> Completed:
        """Run git to its end, its output shown as it comes. With `hooks` the repository's hooks run. Raises ToolError."""
        limits = msgspec.structs.replace(context.limits, memory_bytes=0, file_bytes=0)
        try:
            return supervise(
                self._argv(arguments, hooks=hooks),
                cwd=self.workspace,
                env=self._environment(network=network),
                limits=limits,
                on_output=context.on_output,
                cancel=context.cancel,
            )
        except SandboxError as error:
            raise ToolError(str(error)) from error

    def paths(self, *arguments: str) -> list[str]:
        """The paths, relative to the repository's root, that a git command prints with `-z`."""
        return [path for path in self.query(*arguments).split("\0") if path]

    def hooks(self, *names: str) -> list[str]:
        """Those of the named hooks that exist and would run."""
        place = self.workspace / self.query("rev-parse", "--git-path", "hooks", hooks=True).strip()
        return [name for name in names if os.access(place / name, os.X_OK) and (place / name).is_file()]

    def programs(self) -> list[str]:
        """Settings of this repository's own config that make git run a program."""
        found = self.query("config", "--local", "--includes", "--name-only", "--get-regexp", _PROGRAMS, check=False)
        return sorted(set(found.split()))

    def relative(self, root_path: str) -> str:
        """A path from the repository's root as seen from the workspace; empty when it lies outside of it."""
        place = self.root / root_path
        return place.relative_to(self.workspace).as_posix() if place.is_relative_to(self.workspace) else ""

    def _argv(self, arguments: Sequence[str], *, hooks: bool) -> list[str]:
        program = shutil.which("git")
        if program is None:
            raise ToolError("git is not on PATH.")
        settings: list[str] = []
        for setting in _SAFE:
            if not (hooks and setting.startswith("core.hooksPath")):
                settings += ["-c", setting]
        optional = [] if hooks else ["--no-optional-locks"]
        return [program, *settings, *optional, *arguments]

    def _environment(self, *, network: bool) -> dict[str, str]:
        wanted = (*_IDENTITY, "SSH_AUTH_SOCK") if network else _IDENTITY
        kept = {name: os.environ[name] for name in wanted if name in os.environ}
        # nobody can be asked for a password or given an editor here
        return scrubbed(os.environ, {**kept, "GIT_EDITOR": ":", "GIT_ASKPASS": "true", "GIT_MERGE_AUTOEDIT": "no"})


def _blanked() -> dict[str, str]:
    """What GitPython must not pass on: it gives its processes the whole environment, and can only put other values there. An
    empty one means nothing to git, but for its own variables."""
    kept = scrubbed(os.environ, {})
    return {
        name: ""
        for name in os.environ
        if name not in kept and (not name.startswith("GIT_") or name.startswith("GIT_CONFIG_VALUE"))
    }


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    chosen: Any = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[-1] if lines else "")
    return str(chosen).removeprefix("fatal: ").removeprefix("error: ") or "it failed without a word."
