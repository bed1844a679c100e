"""Watches the directories that the file tree shows: by watchfiles where it works, else by their modification times."""

import threading
from collections.abc import Callable, Collection
from pathlib import Path

_DEBOUNCE_MS = 500
_STEP_MS = 250
_POLL_SECONDS = 2.0


class FileWatcher:
    """A thread that calls `changed` with the workspace-relative directories in which names came or went.

    Only the directories that are given are watched, not what lies below them: a watch on everything costs one inotify
    watch for every directory, ignored ones too. `changed` is called from the thread. `polling` looks at modification
    times instead, as it does by itself where the system gives no watches.
    """

    def __init__(self, root: Path, changed: Callable[[set[str]], None], *, polling: bool = False) -> None:
        self._polling = polling
        self._root = root
        self._changed = changed
        self._folders: frozenset[str] = frozenset()
        self._stopped = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, folders: Collection[str]) -> None:
        """Watch these directories, in place of the ones before."""
        wanted = frozenset(folders)
        if wanted == self._folders or self._stopped:
            return
        self._folders = wanted
        self._wake.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="file-watcher", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread; it ends within a quarter of a second."""
        self._stopped = True
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            folders = [folder for folder in self._folders if (self._root / folder).is_dir()]
            if self._polling:
                self._poll(folders)
                continue
            try:
                self._follow(folders)
            except (ImportError, OSError, RuntimeError):
                self._polling = True  # no watchfiles on this machine, or no inotify watches left

    def _follow(self, folders: list[str]) -> None:
        from watchfiles import Change, watch

        paths = [self._root / folder for folder in folders]
        changes_seen = watch(
            *paths,
            watch_filter=lambda change, _: change is not Change.modified,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            stop_event=self._wake,
            recursive=False,
            raise_interrupt=False,
        )
        for changes in changes_seen:
            touched = {self._folder_of(path) for _, path in changes}
            self._changed({folder for folder in touched if folder is not None})

    def _folder_of(self, path: str) -> str | None:
        try:
            folder = Path(path).parent.relative_to(self._root).as_posix()
        except ValueError:
            return None  # the workspace itself changed, seen from its parent
        return "" if folder == "." else folder

    def _poll(self, folders: list[str]) -> None:
        seen = {folder: self._stamp(folder) for folder in folders}
        while not self._wake.wait(_POLL_SECONDS):
            now = {folder: self._stamp(folder) for folder in folders}
            touched = {folder for folder in folders if now[folder] != seen[folder]}
            seen = now
            if touched:
                self._changed(touched)

    def _stamp(self, folder: str) -> int:
        try:
            return (self._root / folder).stat().st_mtime_ns
        except OSError:
            return 0  # gone: a change as any other
