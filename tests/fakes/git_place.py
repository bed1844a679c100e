"""A real repository with a local bare remote, in folders of a test."""

import subprocess
from pathlib import Path


class GitPlace:
    """`workspace` is a clone of `remote`, with one commit on main that both have."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        self.workspace = workspace
        self.remote = folder / "remote.git"
        self.other = folder / "other"
        workspace.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", cwd=workspace)
        self.git("init", "-q", "--bare", "-b", "main", str(self.remote), cwd=folder)
        self.git("remote", "add", "origin", str(self.remote), cwd=workspace)
        self.commit("README.md", "hello\n", "first")
        self.git("push", "-q", "-u", "origin", "main", cwd=workspace)

    def git(self, *words: str, cwd: Path | None = None) -> str:
        """Run git to its end and give what it printed."""
        done = subprocess.run(
            ["git", *words], cwd=cwd or self.workspace, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, path: str, content: str, message: str) -> None:
        """A commit of one file in the workspace."""
        place = self.workspace / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        self.git("add", path)
        self.git("commit", "-q", "-m", message)

    def from_elsewhere(self, path: str, content: str, message: str) -> None:
        """A commit that somebody else pushed to the remote."""
        self.git("clone", "-q", str(self.remote), str(self.other), cwd=self.remote.parent)
        (self.other / path).write_text(content)
        self.git("add", path, cwd=self.other)
        self.git("commit", "-q", "-m", message, cwd=self.other)
        self.git("push", "-q", cwd=self.other)

    def hook(self, name: str, script: str) -> None:
        """A hook of the workspace's repository."""
        place = self.workspace / ".git" / "hooks" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)

    @property
    def remote_log(self) -> list[str]:
        """Subjects of the commits that the remote has, the latest first."""
        return self.git("log", "--format=%s", "main", cwd=self.remote).splitlines()
