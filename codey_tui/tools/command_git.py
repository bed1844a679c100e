"""What is special about git on a command line: what rewrites history, what throws changes away, what runs other programs."""

from codey_tui.tools import command_words as words
from codey_tui.tools.command_parser import Word
from codey_tui.tools.command_paths import has_long, short_flags

_TAKES_VALUE = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--super-prefix"})
_REMOTE = frozenset({"push", "pull", "fetch", "clone", "ls-remote"})
_REWRITES = frozenset({"filter-branch", "filter-repo", "rebase", "update-ref", "gc", "prune", "reflog", "replace"})


def judge_git(arguments: tuple[Word, ...] | list[Word]) -> list[str]:
    """What is dangerous about the arguments of git."""
    found: list[str] = []
    rest = [word.text for word in arguments]
    sub, own = subcommand(rest)
    flags = short_flags(own)
    options = set(rest)
    if sub == "push" and _forced_push(own, flags):
        found.append("rewrites the history of a remote repository")
    if sub == "reset" and has_long(own, "--hard", "--merge", "--keep"):
        found.append("throws uncommitted changes away")
    forced = flags & {"f"} or options & {"--", "."} or has_long(own, "--force", "--discard-changes")
    if sub == "clean" or (sub in ("checkout", "restore", "switch") and forced):
        found.append("throws uncommitted changes away")
    if sub in _REWRITES or (sub == "branch" and (flags & {"D", "d"} or has_long(own, "--delete"))):
        found.append("rewrites or removes history")
    if sub == "stash" and options & {"drop", "clear"}:
        found.append("throws stashed changes away")
    programs = options & {"-c"} or has_long(
        rest, "--config-env", "--exec-path", "--upload-pack", "--receive-pack", "--exec"
    )
    pager = sub == "grep" and ("O" in flags or has_long(own, "--open-files-in-pager"))
    if programs or pager or sub in ("config", "bisect") or (sub == "submodule" and "foreach" in own):
        found.append("can make git run other programs")
    if any(word.dynamic and not word.quoted for word in arguments) and sub not in words.GIT_READERS | {"commit", "add"}:
        found.append("gives git what is not known before it runs")
    return found


def only_reads_git(arguments: tuple[Word, ...] | list[Word]) -> bool:
    """Whether git only looks."""
    rest = [word.text for word in arguments]
    return subcommand(rest)[0] in words.GIT_READERS and not has_long(rest, "--output", "--ext-diff", "--textconv")


def uses_network(rest: list[str]) -> bool:
    """Whether git talks to another machine."""
    return subcommand(rest)[0] in _REMOTE


def subcommand(rest: list[str]) -> tuple[str, list[str]]:
    """The subcommand and what follows it."""
    takes_value = False
    for index, word in enumerate(rest):
        if takes_value:
            takes_value = False
        elif word in _TAKES_VALUE:
            takes_value = True
        elif not word.startswith("-"):
            return word, rest[index + 1 :]
    return "", []


def _forced_push(own: list[str], flags: set[str]) -> bool:
    forced = has_long(own, "--force", "--force-with-lease", "--force-if-includes", "--mirror", "--delete", "--prune")
    return bool(forced or flags & {"f", "d"} or any(word.startswith(("+", ":")) for word in own))
