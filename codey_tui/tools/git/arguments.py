"""What the git tool takes, and what of it may reach a command line of git's."""

from typing import Annotated, ClassVar, Literal

import msgspec

from codey_tui.tools.base import Fields, ToolError

GitOperation = Literal[
    "status", "log", "diff", "show", "blame", "branch", "switch", "add", "restore", "commit", "stash", "tag", "pull",
    "push",
]  # fmt: skip
LOOKS = frozenset({"status", "log", "diff", "show", "blame"})


class GitArgs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of the git tool. Paths are relative to the workspace.

    `revision`: a commit, tag or branch, for log, diff, show, blame, restore, tag and the start of a branch. `name`: the
    branch of branch, switch, pull and push, or the tag. `create` makes the branch that is switched to, `delete` removes
    a branch or tag. `staged`: the index instead of the files (diff, restore). `everything`: all changed files (add,
    commit). `count`: commits of a log. `action`: what a stash does. `force`: push over what the remote has.
    """

    OPERATIONS: ClassVar[dict[str, Fields]] = {
        "status": Fields(),
        "log": Fields(takes=("count", "revision", "paths")),
        "diff": Fields(takes=("staged", "revision", "paths")),
        "show": Fields(takes=("revision",)),
        "blame": Fields(needs=("paths",), takes=("revision",)),
        "branch": Fields(takes=("name", "revision", "delete")),
        "switch": Fields(needs=("name",), takes=("create",)),
        "add": Fields(needs=("paths",)),
        "restore": Fields(needs=("paths",), takes=("staged", "revision")),
        "commit": Fields(needs=("message",), takes=("everything",)),
        "stash": Fields(takes=("action", "message")),
        "tag": Fields(takes=("name", "revision", "message", "delete")),
        "pull": Fields(takes=("remote", "name")),
        "push": Fields(takes=("remote", "name", "upstream", "force")),
    }

    op: GitOperation
    paths: tuple[str, ...] = ()
    revision: str = ""
    name: str = ""
    message: str = ""
    remote: str = ""
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 20
    action: Literal["push", "pop", "list", "drop"] = "push"
    staged: bool = False
    everything: bool = False
    create: bool = False
    delete: bool = False
    upstream: bool = False
    force: bool = False


def checked(args: GitArgs) -> GitArgs:
    """The arguments, unless one of them would be an option of git's or a URL. Raises ToolError."""
    for field in ("revision", "name", "remote"):
        value: str = getattr(args, field)
        if value.startswith("-") or any(not char.isprintable() or char.isspace() for char in value):
            raise ToolError(f"“{value[:60]}” is not a name that git could know.")
    if ":" in args.remote or "/" in args.remote.strip("."):
        raise ToolError("Name the remote as git knows it, such as origin; an address is not taken.")
    if "\0" in args.message:
        raise ToolError("The message holds a NUL character.")
    needed = GitArgs.OPERATIONS[args.op].needs
    missing = next((name for name in needed if not getattr(args, name)), "")
    if missing and not (args.op == "add" and args.everything):
        wanted = {"paths": "a path", "name": "a name", "message": "a message"}.get(missing, missing)
        raise ToolError(f"git {args.op} needs {wanted}.")
    return args


def shown(args: GitArgs) -> str:
    """The command line that says the same, for people."""
    import shlex

    flags = {
        "create": "-c" if args.op == "switch" else "", "delete": "--delete", "staged": "--staged",
        "upstream": "--set-upstream", "force": "--force-with-lease",
        "everything": "--all",
    }  # fmt: skip
    words = ["git", args.op]
    words += [flag for field, flag in flags.items() if flag and getattr(args, field)]
    if args.op == "stash":
        words.append(args.action)
    if args.op == "log":
        words += ["-n", str(args.count)]
    if args.message:
        words += ["-m", args.message]
    if args.op == "restore" and args.revision:
        words += [f"--source={args.revision}"]
    words += [word for word in (args.remote, args.name) if word]
    if args.revision and args.op != "restore":
        words.append(args.revision)
    if args.paths:
        words += ["--", *args.paths]
    return shlex.join(words)
