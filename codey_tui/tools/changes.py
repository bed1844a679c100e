"""The changing half of the file tool: write, edit, mkdir, move, copy and delete, each shown first and kept for undo."""

import difflib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Literal

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.edits import Edited, apply_one
from codey_tui.tools.places import changeable, inside, is_secret, relative

_MAX_TREE = 2000
"""Files and folders that one delete, move or copy may touch: each of them is kept for undo."""
_MAX_DIFF_BYTES = 512 << 10


def assess_write(workspace: Path, path: str, content: str) -> tuple[Risk, Preview]:
    """The diff that writing would make."""
    place = _write_place(workspace, path)
    old = _old_text(place, path)
    risk = Risk(level="write", reason=f"{'Replaces' if old is not None else 'Creates'} {path}.", touches=(path,))
    verb = "Change" if old is not None else "Create"
    return risk, Preview(kind="diff", title=f"{verb} {path}", body=unified_diff(path, old, content), path=path)


def assess_edit(workspace: Path, path: str, search: str, replacement: str) -> tuple[Risk, Preview]:
    """The diff that the edit would make, and what was forgiven to find its place."""
    old, edited = _edited(workspace, path, search, replacement)
    notes = "".join(f" {note}" for note in edited.notes)
    risk = Risk(level="write", reason=f"Changes {path}.{notes}", touches=(path,))
    return risk, Preview(kind="diff", title=f"Edit {path}", body=unified_diff(path, old, edited.text), path=path)


def assess_mkdir(workspace: Path, paths: tuple[str, ...]) -> tuple[Risk, Preview]:
    for path in paths:
        place = changeable(workspace, path)
        if place.exists() and not place.is_dir():
            raise ToolError(f"{path} exists and is a file.")
    shown = ", ".join(paths)
    noun = "folder" if len(paths) == 1 else "folders"
    risk = Risk(level="write", reason=f"Creates the {noun} {shown}.", touches=paths)
    return risk, Preview(kind="text", title=f"Create {shown}", body=f"Create the {noun} {shown}", path=paths[0])


def assess_delete(workspace: Path, paths: tuple[str, ...]) -> tuple[Risk, Preview]:
    """Deleting files is a change like others, since undo brings them back; a folder that holds something is asked for."""
    lines: list[str] = []
    whole_folder = False
    for path in paths:
        place = _existing(workspace, path)
        if _is_folder(place):
            count = sum(not _is_folder(item) for item in _tree(place, path))
            whole_folder = whole_folder or count > 0
            lines.append(f"Delete the folder {path} with {count} {'file' if count == 1 else 'files'} in it")
        else:
            lines.append(f"Delete {path} ({place.lstat().st_size:,} bytes)")
    secret = any(is_secret(path) for path in paths)
    reason = f"Deletes {', '.join(paths)}; undo brings it back."
    risk = Risk(level="dangerous" if whole_folder or secret else "write", reason=reason, touches=paths)
    return risk, Preview(kind="text", title=lines[0], body="\n".join(lines), path=paths[0])


def assess_transfer(workspace: Path, verb: Literal["move", "copy"], path: str, target: str) -> tuple[Risk, Preview]:
    source, end, _ = _transfer(workspace, verb, path, target)
    if _is_folder(source):
        _tree(source, path)
    title = f"{verb.capitalize()} {path} to {end}"
    risk = Risk(
        level="write", reason=f"{verb.capitalize()}s {path} to {end}.".replace("Copys", "Copies"), touches=(path, end)
    )
    return risk, Preview(kind="text", title=title, body=title, path=end)


def write(context: ToolContext, path: str, content: str) -> ActionResult:
    """Put the whole content there at once; a reader sees the old file or the new one. Mode and links are kept."""
    place = _write_place(context.workspace, path)
    existed = place.exists()
    context.before_change(relative(context.workspace, place))
    place.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode()
    replace(place, data)
    verb = "Changed" if existed else "Created"
    return ActionResult(ok=True, summary=f"{verb} {path} ({len(data):,} bytes)")


def edit(context: ToolContext, path: str, search: str, replacement: str) -> ActionResult:
    """Replace the lines; the summary tells how they were found where that was not exact."""
    _, edited = _edited(context.workspace, path, search, replacement)
    done = write(context, path, edited.text)
    return ActionResult(ok=done.ok, summary=" ".join([f"Edited {path}.", *edited.notes]))


def mkdir(context: ToolContext, paths: tuple[str, ...]) -> ActionResult:
    made: list[str] = []
    for path in paths:
        place = changeable(context.workspace, path)
        if not place.is_dir():
            context.before_change(relative(context.workspace, place))
            place.mkdir(parents=True, exist_ok=True)
            made.append(path)
    if not made:
        return ActionResult(ok=True, summary=f"{', '.join(paths)} existed already")
    return ActionResult(ok=True, summary=f"Created {', '.join(made)}")


def delete(context: ToolContext, paths: tuple[str, ...]) -> ActionResult:
    for path in paths:
        place = _existing(context.workspace, path)
        if _is_folder(place):
            _tree(place, path)
        context.before_change(relative(context.workspace, place))  # a folder is kept with all in it
        if _is_folder(place):
            shutil.rmtree(place)
        else:
            place.unlink()
    return ActionResult(ok=True, summary=f"Deleted {', '.join(paths)}")


def move(context: ToolContext, path: str, target: str) -> ActionResult:
    source, end, place = _transfer(context.workspace, "move", path, target)
    if _is_folder(source):
        _tree(source, path)
    context.before_change(relative(context.workspace, source))
    _announce_new(context, source, place)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, place)
    return ActionResult(ok=True, summary=f"Moved {path} to {end}")


def copy(context: ToolContext, path: str, target: str) -> ActionResult:
    source, end, place = _transfer(context.workspace, "copy", path, target)
    _announce_new(context, source, place)
    place.parent.mkdir(parents=True, exist_ok=True)
    if _is_folder(source):
        shutil.copytree(source, place, symlinks=True)
    else:
        shutil.copy2(source, place, follow_symlinks=False)
    return ActionResult(ok=True, summary=f"Copied {path} to {end}")


def unified_diff(path: str, old: str | None, new: str) -> str:
    """The change as `diff -u` shows it; `old` is None for a new file."""
    if old == new:
        return f"{path} stays as it is"
    if len(old or "") + len(new) > _MAX_DIFF_BYTES:
        return f"{path}: {len((old or '').encode()):,} bytes become {len(new.encode()):,} bytes (too long for a diff)"
    before = "/dev/null" if old is None else f"a/{path}"
    lines = difflib.unified_diff(
        (old or "").splitlines(keepends=True), new.splitlines(keepends=True), before, f"b/{path}", lineterm="\n"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def replace(place: Path, data: bytes) -> None:
    """Replace a file's bytes at once, on disk before it counts; its mode stays, a new one gets the usual mode."""
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:100]}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        draft.chmod(mode if mode is not None else 0o666 & ~_umask())
        draft.replace(place)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Read without setting it: it belongs to the process, and other threads create files meanwhile."""
    for line in _status_lines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o022


def _status_lines() -> list[str]:
    try:
        return Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:  # not Linux: the usual mask
        return []


def _write_place(workspace: Path, path: str) -> Path:
    """Where a write goes: through a link at the end, as long as it stays inside."""
    place = changeable(workspace, path)
    if place.is_symlink():
        target = Path(os.path.realpath(place))
        if not target.is_relative_to(os.path.realpath(workspace)):
            raise ToolError(f"{path} is a symbolic link that leads out of the workspace.")
        place = changeable(workspace, relative(workspace, target))
    if place.is_dir():
        raise ToolError(f"{path} is a folder.")
    if is_secret(path) and place.exists():
        raise ToolError(f"{path} looks like a file of passwords or keys, so Codey does not change it.")
    return place


def _old_text(place: Path, path: str) -> str | None:
    try:
        return place.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ToolError(f"{path} is not a text file, so it is not overwritten. Delete it first.") from error
    except OSError as error:
        raise ToolError(f"{path} cannot be read ({error.strerror}).") from error


def _edited(workspace: Path, path: str, search: str, replacement: str) -> tuple[str, Edited]:
    """The text before, and the edit applied to it. Raises ToolError."""
    old = _old_text(_write_place(workspace, path), path)
    if old is None:
        raise ToolError(f"{path} does not exist, so there is nothing to edit in it.")
    return old, apply_one(old, search, replacement)


def _existing(workspace: Path, path: str) -> Path:
    place = changeable(workspace, path)
    if not place.exists() and not place.is_symlink():
        raise ToolError(f"{path} does not exist.")
    return place


def _transfer(workspace: Path, verb: str, path: str, target: str) -> tuple[Path, str, Path]:
    """Source, shown target and target of a move or copy; a target that is a folder takes the source in."""
    source = _existing(workspace, path)
    if is_secret(path):
        raise ToolError(f"{path} looks like a file of passwords or keys, so Codey does not {verb} it.")
    into = inside(workspace, target)
    if into.is_dir() or target.endswith("/"):
        target = f"{target.rstrip('/')}/{source.name}".removeprefix("./")
    place = changeable(workspace, target)
    if place.exists() or place.is_symlink():
        raise ToolError(f"{target} exists already. Delete it first, or name another target.")
    if place.is_relative_to(source):
        raise ToolError(f"{path} cannot go into itself.")
    return source, target, place


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _tree(folder: Path, path: str) -> list[Path]:
    """Everything below a folder, parents first. Raises ToolError where it is too much to keep, or git's own."""
    found: list[Path] = []
    waiting = [folder]
    while waiting:
        for place in sorted(waiting.pop().iterdir()):
            if place.name == ".git":
                raise ToolError(f"{path} holds a git repository, which a tool does not touch.")
            found.append(place)
            if _is_folder(place):
                waiting.append(place)
        if len(found) > _MAX_TREE:
            raise ToolError(f"{path} holds more than {_MAX_TREE} files: too many to bring back. Use a command instead.")
    return found


def _announce_new(context: ToolContext, source: Path, place: Path) -> None:
    """Tell of everything that is about to come into being there, so that undo takes exactly that away again."""
    context.before_change(relative(context.workspace, place))
    for item in _tree(source, source.name) if _is_folder(source) else []:
        context.before_change(relative(context.workspace, place / item.relative_to(source)))
