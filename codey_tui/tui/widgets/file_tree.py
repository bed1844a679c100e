"""The file tree: live, without ignored files, with the files that grow marked; quick because closed folders are unread."""

from collections.abc import Iterable
from pathlib import Path

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from codey_tui.tui.cleaning import one_line
from codey_tui.tui.files import FileEntry, Workspace
from codey_tui.tui.state import GrowingFile
from codey_tui.tui.telling import size
from codey_tui.tui.watcher import FileWatcher

FOLDER_LIMIT = 1000
"""Files of one directory that are shown; a note stands for the others."""
_BATCH_SECONDS = 0.5
_MORE = "\0more"


class FileTree(Tree[str]):
    """A tree of the workspace; a node's data is its path relative to it."""

    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "

    class Listed(Message):
        """Directories were read, in a worker thread."""

        def __init__(self, listings: dict[str, list[FileEntry]]) -> None:
            super().__init__()
            self.listings = listings

    class Chosen(Message):
        """A file was chosen."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    class Touched(Message):
        """The watcher saw changes in directories."""

        def __init__(self, folders: set[str]) -> None:
            super().__init__()
            self.folders = folders

    def __init__(self, root: Path, watch: bool = True) -> None:
        # The labels are measured while the base class is built.
        self._growing: dict[str, int] = {}
        self._changed: frozenset[str] = frozenset()
        super().__init__(Text(one_line(root.name or str(root))), data="", id="files")
        self.workspace = Workspace(root)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = True
        self._watch = watch
        self._watcher = FileWatcher(root, self._seen)
        self._by_path: dict[str, TreeNode[str]] = {"": self.root}
        self._dirty: set[str] = set()
        self._batch: Timer | None = None
        self._wanted: set[str] = set()

    @property
    def paths(self) -> frozenset[str]:
        """What the tree holds, the workspace itself ("") included."""
        return frozenset(self._by_path)

    def on_mount(self) -> None:
        """Read the top directory once the first picture stands."""
        self.border_title = "Files"
        self.root.expand()
        self.call_after_refresh(self.refresh_folders, ("",))

    def on_unmount(self) -> None:
        """Let the watcher end."""
        self._watcher.stop()

    def show_changes(self, growing: Iterable[GrowingFile], changed: Iterable[str]) -> None:
        """Mark the files that grow (with their size) and the ones that changed, and open the way to them."""
        now = {file.path: file.size for file in growing}
        marks = frozenset(changed)
        if now == self._growing and marks == self._changed:
            return
        touched = (now.keys() | self._growing.keys()) | (marks ^ self._changed)
        fresh = [path for path in touched if path not in self._by_path]
        gone = [path for path in self._changed - marks if path in self._by_path]
        self._growing, self._changed = now, marks
        for path in touched:
            if path in self._by_path:
                self._by_path[path].set_label(self._by_path[path].label)
        for path in (*fresh, *gone):
            self.reveal(path)

    def reveal(self, path: str) -> None:
        """Open the directories above a path, at the next batch."""
        parts = path.split("/")[:-1]
        self._read_soon("/".join(parts[:depth]) for depth in range(len(parts) + 1))
        self._wanted.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))

    def refresh_folders(self, folders: Iterable[str]) -> None:
        """Read directories in a worker thread, and show what they hold."""
        wanted = tuple(folders)
        self.run_worker(lambda: self._list(wanted), thread=True, group="list", exit_on_error=False)

    def _list(self, folders: tuple[str, ...]) -> None:
        self.post_message(self.Listed({folder: self.workspace.list_dir(folder) for folder in folders}))

    def _seen(self, folders: set[str]) -> None:
        self.post_message(self.Touched(folders))

    def on_file_tree_touched(self, message: Touched) -> None:
        """Changes wait for the next batch."""
        self._read_soon(message.folders)

    def _read_soon(self, folders: Iterable[str]) -> None:
        self._dirty.update(folders)
        if self._batch is None:
            self._batch = self.set_timer(_BATCH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._batch = None
        known = [folder for folder in self._dirty if folder in self._by_path or folder in self._wanted]
        self._dirty.clear()
        if known:
            self.refresh_folders(known)

    def on_file_tree_listed(self, message: Listed) -> None:
        """Show what was read: only the differences touch the tree."""
        for folder in sorted(message.listings):
            node = self._by_path.get(folder)
            if node is not None:
                self._merge(node, folder, message.listings[folder])
        for folder in sorted(self._wanted):
            node = self._by_path.get(folder)
            if node is not None:
                self._wanted.discard(folder)
                node.expand()
        if self._watch:
            self._watcher.watch(
                [path for path, node in self._by_path.items() if node.allow_expand and node.is_expanded]
            )

    def _merge(self, node: TreeNode[str], folder: str, entries: list[FileEntry]) -> None:
        shown = entries[:FOLDER_LIMIT]
        names = {entry.path for entry in shown}
        for child in list(node.children):
            path = child.data or ""
            known = self._by_path.get(path) is child
            kind_changed = any(e.path == path and e.is_dir != child.allow_expand for e in shown) if known else False
            if path not in names or kind_changed:
                self._forget(child)
        have = [child.data for child in node.children]
        for index, entry in enumerate(shown):
            if index < len(have) and have[index] == entry.path:
                continue
            before = index if index < len(have) else None
            child = node.add(Text(one_line(entry.name)), entry.path, before=before, allow_expand=entry.is_dir)
            self._by_path[entry.path] = child
            have.insert(index, entry.path)
        if len(entries) > FOLDER_LIMIT:
            node.add_leaf(f"… {len(entries) - FOLDER_LIMIT:,} more", f"{folder}{_MORE}")

    def _forget(self, node: TreeNode[str]) -> None:
        prefix = f"{node.data}/"
        for path in [path for path in self._by_path if path == node.data or path.startswith(prefix)]:
            del self._by_path[path]
        node.remove()

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[str]) -> None:
        """Read a directory when it is opened."""
        event.stop()
        if event.node is not self.root and event.node.data is not None:
            self.refresh_folders((event.node.data,))

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        """A chosen file goes into the prompt."""
        event.stop()
        path = event.node.data
        if path and not event.node.allow_expand and not path.endswith(_MORE):
            self.post_message(self.Chosen(path))

    def on_focus(self, event: events.Focus) -> None:
        """Begin at the first file where nothing is marked."""
        self.cursor_line = max(self.cursor_line, 0)

    def render_label(self, node: TreeNode[str], base_style: Style, style: Style) -> Text:
        """A name, with a mark while it grows or after it changed."""
        text = super().render_label(node, base_style, style)
        path = node.data or ""
        if path in self._growing:
            color = self._color("primary")
            text.stylize(Style(color=color, bold=True))
            text = Text.assemble(
                ("● ", Style(color=color)), text, (f" {size(self._growing[path])}", Style(color=color))
            )
        elif path in self._changed:
            text.append(" •", Style(color=self._color("success")))
        return text

    def _color(self, name: str) -> str | None:
        return self.app.theme_variables.get(name)  # pyright: ignore[reportUnknownMemberType]
