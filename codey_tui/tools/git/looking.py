"""The looking half of the git tool: status, log, diff, show, blame, and the lists of branches, tags and stashes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from codey_tui.protocol.actions import ActionResult
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.git.arguments import GitArgs
from codey_tui.tools.git.repository import Repository
from codey_tui.tools.places import inside, is_secret, relative

if TYPE_CHECKING:
    from git import Commit

_STATES = {
    "M": "modified", "T": "type changed", "A": "new", "D": "deleted", "R": "renamed", "C": "copied", "U": "in conflict",
}  # fmt: skip
_PLAIN = ("--no-color", "--no-ext-diff", "--no-textconv")


def look(repository: Repository, args: GitArgs, context: ToolContext) -> ActionResult:
    """Whatever the arguments want to see."""
    match args.op:
        case "status":
            return _status(repository)
        case "log":
            return _log(repository, args, context)
        case "diff":
            return _diff(repository, args, context)
        case "show":
            return _show(repository, args, context)
        case "blame":
            return _blame(repository, args, context)
        case "branch":
            return _branches(repository)
        case "tag":
            names = [f"{tag.name}  {tag.commit.hexsha[:9]}" for tag in repository.repo.tags]
            return ActionResult(ok=True, summary=_count(len(names), "tag"), output="\n".join(names))
        case _:
            text = repository.query("stash", "list").rstrip("\n")
            return ActionResult(ok=True, summary=_count(len(text.splitlines()), "stash", "stashes"), output=text)


def places(repository: Repository, paths: tuple[str, ...]) -> list[str]:
    """The paths as git is given them: inside the workspace, taken literally. Raises ToolError."""
    return [f":(literal){relative(repository.workspace, inside(repository.workspace, path)) or '.'}" for path in paths]


def _status(repository: Repository) -> ActionResult:
    groups: dict[str, list[str]] = {"In conflict": [], "Staged": [], "Changed": [], "Untracked": []}
    entries = iter(repository.query("status", "--porcelain=v1", "-z", "--untracked-files=normal").split("\0"))
    for entry in entries:
        if not entry:
            continue
        index, work, path = entry[0], entry[1], entry[3:]
        if "R" in (index, work) or "C" in (index, work):
            path = f"{next(entries, '?')} -> {path}"
        if entry[:2] == "??":
            groups["Untracked"].append(path)
        elif "U" in entry[:2] or entry[:2] in ("AA", "DD"):
            groups["In conflict"].append(path)
        else:
            if index != " ":
                groups["Staged"].append(f"{_STATES.get(index, index)}: {path}")
            if work != " ":
                groups["Changed"].append(f"{_STATES.get(work, work)}: {path}")
    lines = [_where(repository)]
    for title, found in groups.items():
        if found:
            lines += ["", f"{title} ({len(found)}):", *(f"  {path}" for path in found)]
    total = sum(map(len, groups.values()))
    if not total:
        lines += ["", "Nothing to commit: the files are as in the last commit."]
    told = ", ".join(f"{len(found)} {title.lower()}" for title, found in groups.items() if found)
    return ActionResult(ok=True, summary=f"{repository.branch}: {told or 'clean'}", output="\n".join(lines))


def _where(repository: Repository) -> str:
    """The branch and how far it is from the one that it follows."""
    if not repository.born:
        return f"On {repository.branch}, without a commit yet"
    follows = None if repository.repo.head.is_detached else repository.repo.active_branch.tracking_branch()
    if follows is None or not follows.is_valid():
        return f"On {repository.branch}"
    counts = repository.query("rev-list", "--left-right", "--count", f"{follows.path}...HEAD").split()
    behind, ahead = int(counts[0]), int(counts[1])
    told = [text for number, text in ((ahead, f"{ahead} ahead of"), (behind, f"{behind} behind")) if number]
    return f"On {repository.branch}, {' and '.join(told) or 'level with'} {follows.name}"


def _log(repository: Repository, args: GitArgs, context: ToolContext) -> ActionResult:
    if not repository.born:
        return ActionResult(ok=True, summary="There is no commit yet.")
    if args.revision:
        _known(repository, args.revision)
    lines: list[str] = []
    paths = places(repository, args.paths)
    for commit in repository.repo.iter_commits(args.revision or "HEAD", paths, max_count=args.count):
        if context.cancel.is_set():
            raise ToolError("The log was cancelled.")
        lines.append(_commit_line(commit))
    return ActionResult(ok=True, summary=_count(len(lines), "commit"), output="\n".join(lines))


def _commit_line(commit: "Commit") -> str:
    day = datetime.fromtimestamp(commit.authored_date, UTC).strftime("%Y-%m-%d")
    subject = str(commit.summary)
    return f"{commit.hexsha[:9]}  {day}  {commit.author.name}  {subject}"


def _diff(repository: Repository, args: GitArgs, context: ToolContext) -> ActionResult:
    what = ["diff", *_PLAIN]
    if args.staged:
        what.append("--cached")
    if args.revision:
        for end in args.revision.replace("...", "..").split(".."):
            if end:
                _known(repository, end)
        what.append(args.revision)
    chosen = places(repository, args.paths)
    return _patch(repository, context, what, chosen, "change")


def _show(repository: Repository, args: GitArgs, context: ToolContext) -> ActionResult:
    if not repository.born:
        raise ToolError("There is no commit yet.")
    revision = args.revision or "HEAD"
    if ":" in revision and is_secret(revision.partition(":")[2]):
        raise ToolError(f"{revision} looks like a file of passwords or keys, so Codey does not show it.")
    _known(repository, revision)
    if repository.query("cat-file", "-t", revision).strip() == "blob":
        done = repository.run(context, ["show", *_PLAIN, revision])
        return ActionResult(ok=done.exit_code == 0, summary=revision, output=done.output, truncated=done.truncated)
    return _patch(repository, context, ["show", *_PLAIN, "--stat", "--patch", revision], [], revision)


def _patch(repository: Repository, context: ToolContext, what: list[str], chosen: list[str], noun: str) -> ActionResult:
    """The output of a command that shows changes, without those of files that hold passwords or keys."""
    flat = [word for word in what if word not in ("--stat", "--patch")]
    plain = [flat[0], "--name-only", "-z", *(["--format="] if flat[0] == "show" else []), *flat[1:]]
    names = list(dict.fromkeys(repository.paths(*plain, "--", *chosen)))
    hidden = [name.strip() for name in names if is_secret(name.strip())]
    left_out = [f":(top,exclude,literal){name}" for name in hidden]
    done = repository.run(context, [*what, "--", *chosen, *left_out])
    if done.exit_code or done.killed_by:
        raise ToolError(f"git {what[0]} failed: {done.output.strip() or done.killed_by}")
    note = f"\nNot shown, since they look like files of passwords or keys: {', '.join(hidden)}" if hidden else ""
    summary = _count(len(names), "changed file") if what[0] == "diff" else f"{noun}: {_count(len(names), 'file')}"
    return ActionResult(
        ok=True, summary=summary, output=done.output + note, seconds=done.seconds, truncated=done.truncated
    )


def _blame(repository: Repository, args: GitArgs, context: ToolContext) -> ActionResult:
    if len(args.paths) != 1:
        raise ToolError("blame looks at one file.")
    path = args.paths[0]
    if is_secret(path):
        raise ToolError(f"{path} looks like a file of passwords or keys, so Codey does not show it.")
    relpath = relative(repository.workspace, inside(repository.workspace, path))
    done = repository.run(
        context, ["blame", "--date=short", *([args.revision] if args.revision else []), "--", relpath]
    )
    if done.exit_code or done.killed_by:
        raise ToolError(f"git blame failed: {done.output.strip().removeprefix('fatal: ') or done.killed_by}")
    lines = done.output.count("\n")
    return ActionResult(
        ok=True, summary=f"{path}: {_count(lines, 'line')}", output=done.output, truncated=done.truncated
    )


def _branches(repository: Repository) -> ActionResult:
    current = "" if repository.repo.head.is_detached else repository.branch
    lines = [
        f"{'*' if head.name == current else ' '} {head.name}  {_commit_line(head.commit)}"
        for head in repository.repo.heads
    ]
    return ActionResult(ok=True, summary=_count(len(lines), "branch", "branches"), output="\n".join(lines))


def _known(repository: Repository, revision: str) -> None:
    """Raises ToolError where git does not know a revision."""
    if not repository.query("rev-parse", "--verify", "--quiet", "--end-of-options", revision, check=False).strip():
        raise ToolError(f"git knows no {revision} here.")


def _count(number: int, noun: str, nouns: str = "") -> str:
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"
