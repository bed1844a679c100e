"""The changing half of the file tool: write, edit, mkdir, move, copy and delete, each shown first and kept for undo.

Every path is held open (see `held`) from its check to its change, so that a folder that becomes a symbolic link meanwhile
leads nowhere else.
"""

import contextlib
import difflib
import errno
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Literal

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools import trees
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.edits import Edited, apply_one
from codey_tui.tools.held import Held
from codey_tui.tools.odd_names import oddities, shown
from codey_tui.tools.places import hold, hold_to_change, is_secret

_MAX_DIFF_BYTES = 512 << 10


def assess_write(workspace: Path, path: str, content: str) -> tuple[Risk, Preview]:
    """The diff that writing would make."""
    with _to_write(workspace, path) as held:
        old = _old_text(held)
        reason = _with_notes(f"{'Replaces' if old is not None else 'Creates'} {held.said}.", held, path)
    risk = Risk(level="write", reason=reason, touches=(path,))
    verb = "Change" if old is not None else "Create"
    return risk, Preview(kind="diff", title=f"{verb} {held.said}", body=unified_diff(path, old, content), path=path)


def assess_edit(workspace: Path, path: str, search: str, replacement: str) -> tuple[Risk, Preview]:
    """The diff that the edit would make, and what was forgiven to find its place."""
    with _to_write(workspace, path) as held:
        old, edited = _edited(held, search, replacement)
        reason = _with_notes(" ".join([f"Changes {held.said}.", *edited.notes]), held, path)
    risk = Risk(level="write", reason=reason, touches=(path,))
    body = unified_diff(path, old, edited.text)
    return risk, Preview(kind="diff", title=f"Edit {held.said}", body=body, path=path)


def assess_mkdir(workspace: Path, paths: tuple[str, ...]) -> tuple[Risk, Preview]:
    """The folders that would be made."""
    names = ", ".join(map(shown, paths))
    noun = "folder" if len(paths) == 1 else "folders"
    reason = f"Creates the {noun} {names}."
    for path in paths:
        with hold_to_change(workspace, path, follow=True) as held:
            if held.found() is not None and not held.is_folder():
                raise ToolError(f"{held.said} exists and is a file.")
            reason = _with_notes(reason, held, path)
    risk = Risk(level="write", reason=reason, touches=paths)
    return risk, Preview(kind="text", title=f"Create {names}", body=f"Create the {noun} {names}", path=paths[0])


def assess_delete(workspace: Path, paths: tuple[str, ...]) -> tuple[Risk, Preview]:
    """Deleting files is a change like others, since undo brings them back; a folder that holds something is asked for."""
    lines: list[str] = []
    whole_folder = False
    reason = f"Deletes {', '.join(map(shown, paths))}; undo brings it back."
    for path in paths:
        with _existing(workspace, path) as held:
            found = held.found()
            if held.is_folder():
                count = sum(not node.is_folder for node in trees.below(held))
                whole_folder = whole_folder or count > 0
                lines.append(f"Delete the folder {held.said} with {count} {'file' if count == 1 else 'files'} in it")
            else:
                lines.append(f"Delete {held.said} ({found.st_size if found else 0:,} bytes)")
            reason = _with_notes(reason, held, path)
    secret = any(is_secret(path) for path in paths)
    risk = Risk(level="dangerous" if whole_folder or secret else "write", reason=reason, touches=paths)
    return risk, Preview(kind="text", title=lines[0], body="\n".join(lines), path=paths[0])


def assess_transfer(workspace: Path, verb: Literal["move", "copy"], path: str, target: str) -> tuple[Risk, Preview]:
    """What would go where."""
    with _transfer(workspace, verb, path, target) as (source, place, end):
        if source.is_folder():
            trees.below(source)
        reason = f"{'Moves' if verb == 'move' else 'Copies'} {source.said} to {place.said}."
        reason = _with_notes(_with_notes(reason, source, path), place, end)
    title = f"{verb.capitalize()} {source.said} to {place.said}"
    risk = Risk(level="write", reason=reason, touches=(path, end))
    return risk, Preview(kind="text", title=title, body=title, path=end)


def write(context: ToolContext, path: str, content: str) -> ActionResult:
    """Put the whole content there at once; a reader sees the old file or the new one. Mode and links are kept."""
    with _to_write(context.workspace, path) as held:
        return _put(context, held, content)


def edit(context: ToolContext, path: str, search: str, replacement: str) -> ActionResult:
    """Replace the lines; the summary tells how they were found where that was not exact."""
    with _to_write(context.workspace, path) as held:
        _, edited = _edited(held, search, replacement)
        done = _put(context, held, edited.text)
    return ActionResult(ok=done.ok, summary=" ".join([f"Edited {held.said}.", *edited.notes]))


def mkdir(context: ToolContext, paths: tuple[str, ...]) -> ActionResult:
    """Make folders, with those above them."""
    made: list[str] = []
    for path in paths:
        with hold_to_change(context.workspace, path, follow=True) as held:
            if not held.is_folder():
                _announce(context, held)
                held.make_parents()
                held.make_folder()
                made.append(held.said)
    if not made:
        return ActionResult(ok=True, summary=f"{', '.join(map(shown, paths))} existed already")
    return ActionResult(ok=True, summary=f"Created {', '.join(made)}")


def delete(context: ToolContext, paths: tuple[str, ...]) -> ActionResult:
    """Remove files, links and folders with all in them."""
    for path in paths:
        with _existing(context.workspace, path) as held:
            if held.is_folder():
                nodes = trees.below(held)
                _announce(context, held)  # a folder is kept with all in it
                trees.remove(held, nodes)
            else:
                _announce(context, held)
                held.unlink()
    return ActionResult(ok=True, summary=f"Deleted {', '.join(map(shown, paths))}")


def move(context: ToolContext, path: str, target: str) -> ActionResult:
    """Move a file, a link or a folder to a free name."""
    with _transfer(context.workspace, "move", path, target) as (source, place, _):
        nodes = trees.below(source) if source.is_folder() else []
        context.before_change(source.path)
        _announce_new(context, source, place, nodes)
        try:
            source.move_to(place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _move_between_disks(source, place, nodes)
        return ActionResult(ok=True, summary=f"Moved {source.said} to {place.said}")


def copy(context: ToolContext, path: str, target: str) -> ActionResult:
    """Copy a file, a link or a folder to a free name."""
    with _transfer(context.workspace, "copy", path, target) as (source, place, _):
        _announce_new(context, source, place, trees.below(source) if source.is_folder() else [])
        trees.copy(source, place)
        return ActionResult(ok=True, summary=f"Copied {source.said} to {place.said}")


def unified_diff(path: str, old: str | None, new: str) -> str:
    """The change as `diff -u` shows it; `old` is None for a new file."""
    if old == new:
        return f"{path} stays as it is"
    if len(old or "") + len(new) > _MAX_DIFF_BYTES:
        return f"{path}: {len((old or '').encode()):,} bytes become {len(new.encode()):,} bytes (too long for a diff)"
    path = shown(path)
    before = "/dev/null" if old is None else f"a/{path}"
    lines = difflib.unified_diff(
        (old or "").splitlines(keepends=True), new.splitlines(keepends=True), before, f"b/{path}", lineterm="\n"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _put(context: ToolContext, held: Held, content: str) -> ActionResult:
    """Announce and replace the file; its mode stays but for a set-user-id, a new one gets the usual mode."""
    found = held.found()
    data = content.encode()
    _announce(context, held)
    held.make_parents()
    try:
        if found is None:
            held.put([data], new=True)
        else:
            held.put([data], mode=stat.S_IMODE(found.st_mode) & 0o1777, owner=(found.st_uid, found.st_gid))
    except FileExistsError as error:
        raise held.moved() from error
    verb = "Changed" if found is not None else "Created"
    return ActionResult(ok=True, summary=f"{verb} {held.said} ({len(data):,} bytes)")


def _announce(context: ToolContext, held: Held) -> None:
    """Have what stands there kept, and see that it is still what was checked."""
    context.before_change(held.path)
    held.check_unmoved()


def _announce_new(context: ToolContext, source: Held, place: Held, nodes: list[trees.Node]) -> None:
    """Tell of everything that is about to come into being there, so that undo takes exactly that away again."""
    context.before_change(place.path)
    for node in nodes:
        context.before_change(f"{place.path}/{node.path}")
    source.check_unmoved()
    place.check_unmoved()
    place.make_parents()


def _move_between_disks(source: Held, place: Held, nodes: list[trees.Node]) -> None:
    trees.copy(source, place)
    if source.is_folder():
        trees.remove(source, nodes)
    else:
        source.unlink()


def _with_notes(reason: str, held: Held, path: str) -> str:
    """The reason, with what is odd about the name and about the file."""
    notes = [note for note in oddities(held, path) if note not in reason]
    found = held.found()
    if found is not None and stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        notes.append(f"{held.said} has {found.st_nlink} names (hard links); the others keep what they have.")
    return " ".join([reason, *notes])


def _to_write(workspace: Path, path: str) -> Held:
    """Where a write goes: through a link at the end, as long as it stays inside."""
    held = hold_to_change(workspace, path, follow=True)
    try:
        if held.is_folder():
            raise ToolError(f"{held.said} is a folder.")
        if (is_secret(path) or is_secret(held.path)) and held.found() is not None:
            raise ToolError(f"{held.said} looks like a file of passwords or keys, so Codey does not change it.")
    except BaseException:
        held.close()
        raise
    return held


def _old_text(held: Held) -> str | None:
    try:
        return held.read().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ToolError(f"{held.said} is not a text file, so it is not overwritten. Delete it first.") from error
    except OSError as error:
        raise ToolError(f"{held.said} cannot be read ({error.strerror}).") from error


def _edited(held: Held, search: str, replacement: str) -> tuple[str, Edited]:
    """The text before, and the edit applied to it. Raises ToolError."""
    old = _old_text(held)
    if old is None:
        raise ToolError(f"{held.said} does not exist, so there is nothing to edit in it.")
    return old, apply_one(old, search, replacement)


def _existing(workspace: Path, path: str) -> Held:
    held = hold_to_change(workspace, path)
    if held.found() is None:
        held.close()
        raise ToolError(f"{held.said} does not exist.")
    return held


@contextlib.contextmanager
def _transfer(workspace: Path, verb: str, path: str, target: str) -> Generator[tuple[Held, Held, str]]:
    """Source, target and the path of the target for a move or copy; a target that is a folder takes the source in."""
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(_existing(workspace, path))
        if is_secret(path):
            raise ToolError(f"{source.said} looks like a file of passwords or keys, so Codey does not {verb} it.")
        with hold(workspace, target, follow=True) as into:
            if target.endswith("/") or (into.is_folder() and not into.same_entry(source)):
                target = f"{target.rstrip('/')}/{source.name}".removeprefix("./")
        place = stack.enter_context(hold_to_change(workspace, target))
        if place.parts == source.parts or (place.found() is not None and not source.same_entry(place)):
            raise ToolError(f"{place.said} exists already. Delete it first, or name another target.")
        if place.parts[: len(source.parts)] == source.parts:
            raise ToolError(f"{source.said} cannot go into itself.")
        yield source, place, target
