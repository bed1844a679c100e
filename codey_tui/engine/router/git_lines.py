"""Reads `git ...` lines as calls of the git tool; what that tool does not do stays a command line."""

from collections.abc import Callable, Iterator
from pathlib import Path

from codey_tui.engine.router.tool_calls import exists

Args = dict[str, object]

# option -> the argument that it sets: a name takes the next word, `name=value` sets a value by itself
_OPTIONS: dict[str, dict[str, str]] = {
    "status": {"-s": "", "--short": "", "-sb": "", "-b": "", "--branch": ""},
    "log": {"--oneline": "", "-n": "count", "--max-count": "count", "--graph": "", "--decorate": ""},
    "diff": {"--staged": "staged=", "--cached": "staged="},
    "show": {"--stat": ""},
    "blame": {},
    "branch": {"-d": "delete=", "--delete": "delete=", "-v": "", "-vv": "", "--list": "", "-l": ""},
    "switch": {"-c": "create=", "--create": "create="},
    "add": {"-A": "everything=", "--all": "everything=", "-v": ""},
    "restore": {"--staged": "staged=", "-S": "staged=", "--source": "revision", "-s": "revision"},
    "commit": {
        "-m": "message", "--message": "message", "-a": "everything=", "--all": "everything=", "-am": "everything=|message",
    },
    "stash": {"-m": "message", "--message": "message"},
    "tag": {"-d": "delete=", "--delete": "delete=", "-a": "", "-m": "message", "-l": "", "--list": ""},
    "pull": {},
    "push": {
        "-u": "upstream=", "--set-upstream": "upstream=", "-f": "force=", "--force": "force=", "--force-with-lease": "force=",
    },
}  # fmt: skip


def git_call(arguments: list[str], workspace: Path) -> Args | None:
    """The git tool's arguments for the words after `git`; None where the tool has no such thing."""
    sub, words = arguments[0].lower(), arguments[1:]
    if sub == "checkout":
        sub, words = _checkout(words, workspace)
    options = _OPTIONS.get(sub)
    if options is None:
        return None
    args: Args = {"op": sub}
    plain: list[str] = []
    paths: list[str] | None = None
    rest = iter(words)
    for word in rest:
        if paths is not None:
            paths.append(word)
        elif word == "--":
            paths = []
        elif word in options or word.partition("=")[0] in options:
            if not _option(args, word, options, rest):
                return None
        elif sub == "log" and word[:1] == "-" and word[1:].isdigit():
            args["count"] = int(word[1:])
        elif word.startswith("-"):
            return None
        else:
            plain.append(word)
    placed = _PLACES[sub](args, plain, workspace)
    if paths and placed is not None:
        placed["paths"] = paths
    return placed


def _option(args: Args, word: str, options: dict[str, str], rest: Iterator[str]) -> bool:
    """Set what an option says; False where its value is missing."""
    name, mark, value = word.partition("=")
    for setting in filter(None, options[name if name in options else word].split("|")):
        field, given, fixed = setting.partition("=")
        if given:
            args[field] = fixed or True
            continue
        value = value if mark else next(rest, "")
        if not value:
            return False
        earlier = args.get(field)
        joined = f"{earlier}\n\n{value}" if field == "message" and earlier else value
        args[field] = int(value) if field == "count" and value.isdigit() else joined
    return True


def _checkout(words: list[str], workspace: Path) -> tuple[str, list[str]]:
    """`checkout` as the command that it stands for, or as itself, which nothing takes."""
    if len(words) == 2 and words[0] == "-b":
        return "switch", ["-c", words[1]]
    if len(words) > 1 and words[0] == "--":
        return "restore", words
    if len(words) == 1 and not words[0].startswith("-") and not exists(words[0], workspace):
        return "switch", words
    return "checkout", words


def _none(args: Args, plain: list[str], workspace: Path) -> Args | None:
    return None if plain else args


def _revision(args: Args, plain: list[str], workspace: Path) -> Args | None:
    """A revision, then paths; a word that is a file of the workspace is a path."""
    if plain and not exists(plain[0], workspace):
        args["revision"] = plain.pop(0)
    if any(not exists(word, workspace) for word in plain):
        return None
    return args | ({"paths": plain} if plain else {})


def _paths(args: Args, plain: list[str], workspace: Path) -> Args | None:
    if args["op"] == "add" and args.pop("everything", False):
        plain = plain or ["."]
    return args | ({"paths": plain} if plain else {})


def _names(*fields: str) -> Callable[[Args, list[str], Path], Args | None]:
    def place(args: Args, plain: list[str], workspace: Path) -> Args | None:
        return None if len(plain) > len(fields) else args | dict(zip(fields, plain, strict=False))

    return place


def _stash(args: Args, plain: list[str], workspace: Path) -> Args | None:
    action = plain[0] if plain else "push"
    if len(plain) > 1 or action not in ("push", "pop", "list", "drop"):
        return None
    return args | {"action": action}


_PLACES: dict[str, Callable[[Args, list[str], Path], Args | None]] = {
    "status": _none, "log": _revision, "diff": _revision, "show": _names("revision"), "blame": _paths,
    "branch": _names("name", "revision"), "switch": _names("name"), "add": _paths, "restore": _paths, "commit": _paths,
    "stash": _stash, "tag": _names("name", "revision"), "pull": _names("remote", "name"),
    "push": _names("remote", "name"),
}  # fmt: skip
