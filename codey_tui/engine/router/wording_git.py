"""The many ways to ask for something of git, each as the line that git would be given."""

import re
import shlex
from collections.abc import Callable

from codey_tui.engine.router import spans
from codey_tui.engine.router.wording_parts import Parts, Wording

Make = Callable[[Parts], str | None]
"""Makes the line of one phrasing: empty where the request has not what it takes, None where nothing else fits either."""

_BRANCH_NAME = re.compile(r"[A-Za-z0-9][\w./-]*")
_TWO_REVISIONS = (
    r"\b(?:compare|diff|differences? between)\s+(?:branch(?:es)?\s+|the\s+)*([\w./-]+)\s+(?:with|and|to|against|vs\.?)\s+"
    r"(?:branch\s+|the\s+)*([\w./-]*\w)(?:\s+branch(?:es)?)?$"
)
_RENAMED = (
    r"\brename\s+(?:the\s+|my\s+|this\s+|current\s+)*branch(?:\s+([\w./-]+))??\s+(?:to|as|into)\s+['\"`]?([\w./-]*\w)"
)
_NO_NAMES = frozenset(
    "a an the my our this that new it to from for of in on off and with named called branch branches i am is are we you all "
    "please back into over current existing git".split()
)


def git_wording(parts: Parts) -> Wording:
    """The `git ...` line that a request means, or None."""
    for pattern, make in _TABLE:
        if parts.orders(pattern) and (line := make(parts)) != "":
            return line
    return None


def _quoted(*arguments: str) -> str:
    return "git " + " ".join(shlex.quote(argument) for argument in arguments if argument)


def _name(parts: Parts) -> str:
    """The name of a branch: what follows `branch`, else what stands before it, else the last word after `to`."""
    for pattern in (
        r"\bbranch(?:\s+(?:named|called|off(?:\s+(?:to|into))?|to))?",
        r"\b(?:named|called|to|into|out|checkout|merge)(?:\s+(?:the|my))?",
    ):
        for word in re.findall(rf"(?:{pattern})\s+['\"`]?([^\s'\"`,;?]+)", parts.text, re.IGNORECASE):
            if word.lower() not in _NO_NAMES and _BRANCH_NAME.fullmatch(word):
                return word
    before = re.search(r"([\w./-]+)['\"`]?\s+branch\b", parts.text, re.IGNORECASE)
    return before.group(1) if before and before.group(1).lower() not in _NO_NAMES else ""


def _commit(parts: Parts) -> str | None:
    """A commit needs its message: what is quoted, or what follows `message`."""
    said = re.search(
        r"\b(?:message|msg|saying|called|titled|as|-m)\s*:?\s+(?P<message>\S.*)$", parts.text, re.IGNORECASE
    )
    message = parts.quoted[-1] if parts.quoted else said.group("message").strip("'\"` .") if said else ""
    if not message:
        return None
    only = parts.file if parts.file and parts.file not in message else ""
    return _quoted("commit", "-m", message, "--", only) if only else _quoted("commit", "-am", message)


def _amend(parts: Parts) -> str:
    """The last commit again, with its message or the one that is quoted."""
    return (
        _quoted("commit", "--amend", "-m", parts.quoted[-1])
        if parts.quoted
        else _quoted("commit", "--amend", "--no-edit")
    )


def _take_back(parts: Parts) -> str | None:
    """A commit that reverts another, or the last ones undone with their changes kept."""
    named = re.search(r"\b(?:HEAD(?:[~^]\d*)*|[0-9a-f]{7,40})(?![\w/])", parts.text)
    several = parts.has(r"\bcommits\b")
    if parts.has(r"\brevert\b"):
        return None if several else _quoted("revert", "--no-edit", named.group() if named else "HEAD")
    count = parts.count() if several else 1
    return _quoted("reset", "--soft", f"HEAD~{count}") if count and not named else None


def _restore(parts: Parts) -> str:
    """Files as they were committed; all of them where somebody says so."""
    if parts.files:
        return _quoted("restore", *parts.files)
    every = parts.has(r"\b(?:all|everything|every change|(?:local|uncommitted) (?:changes|edits|modifications))\b")
    return "git restore ." if every and not parts.has(r"\b(?:you|commits?|stash\w*|branch\w*)\b") else ""


def _stage(parts: Parts) -> str:
    if parts.has(r"\bunstage\b|\b(?:not|don'?t) stage\b|\b(?:out of|from) (?:the )?(?:stag|index)"):
        return _quoted("restore", "--staged", *parts.files) if parts.files else ""
    if parts.has(r"\bstaged\b"):
        return "git diff --staged"
    return (
        _quoted("add", *parts.files)
        if parts.files
        else "git add ."
        if parts.has(r"all|every|changes|the lot|what i|\.$")
        else ""
    )


def _log(parts: Parts) -> str:
    count = parts.count()
    if parts.has(r"\b(?:last|latest|previous|newest)\s+commit\b") and not parts.file:
        return "git show HEAD" if parts.has(r"\b(?:what|show|changed|in)\b") else "git log -n 1"
    if parts.file:
        return _quoted("log", "--", parts.file)
    if parts.orders(r"\blog files?\b|\b(?:delete|remove|erase|squash|reword|reorder)\b"):
        return ""
    return f"git log -n {count}" if count else "git log"


def _stash(parts: Parts) -> str:
    if parts.has(r"\b(?:pop|apply|back|unstash|restore)\b"):
        return "git stash pop"
    return (
        "git stash list"
        if parts.has(r"\b(?:list|show|stashes)\b")
        else "git stash drop"
        if parts.has(r"\bdrop\b")
        else "git stash"
    )


def _branch(parts: Parts) -> str:
    name = _name(parts)
    if renamed := re.search(_RENAMED, parts.text, re.IGNORECASE):
        old = renamed.group(1) or ""
        return _quoted("branch", "-m", "" if old.lower() in _NO_NAMES else old, renamed.group(2))
    if parts.has(r"\b(?:delete|remove|drop|erase|kill|get rid of|can go)\b"):
        return _quoted("branch", "-d", name) if name else ""
    if parts.has(r"\b(?:create|make|start|open|add|new|branch off|cut)\b"):
        return _quoted("switch", "-c", name) if name else ""
    if parts.has(r"\bmerge\b") and name in parts.files:
        return ""
    if parts.has(r"\bmerge\b"):
        return _quoted("merge", name) if name else ""
    if parts.has(r"\b(?:switch|change|go|move|check\s?out|back|jump|use|take|bring|work|activate)\b"):
        return _quoted("switch", name) if name else ""
    return "git branch"


def _switch(parts: Parts) -> str:
    name = _name(parts)
    return _quoted("switch", name) if name and not parts.files else ""


def _tag(parts: Parts) -> str:
    named = re.search(r"\bv?\d+(?:\.\d+)+(?:[-.]?\w+)?\b|\bv\d+\b", parts.text)
    if named:
        return _quoted("tag", named.group())
    name = parts.after(r"\btag(?:\s+(?:this|the|it|commit|named|called|as))*")
    if parts.has(r"\btags\b") or not name:
        return "git tag"
    return _quoted("tag", name) if name.lower() not in _NO_NAMES else ""


def _remote(parts: Parts) -> str:
    found = parts.has(r"\b(push|pull|fetch)\b")
    sub = found.group(1) if found else "push" if parts.has(r"\b(?:send|upload|publish|deliver)\b") else "pull"
    remote = parts.has(r"\b(origin|upstream)\b")
    branch = parts.has(r"\b(?:origin|upstream)\s+([\w./-]+)$")
    return _quoted(sub, remote.group(1) if remote else "", branch.group(1) if branch else "")


def _changes(parts: Parts) -> str:
    if parts.files:
        return _quoted("diff", "--", *parts.files)
    two = re.search(_TWO_REVISIONS, parts.text, re.IGNORECASE)
    if two and not {two.group(1).lower(), two.group(2).lower()} & (_NO_NAMES | spans.PROSE_WORDS):
        return _quoted("diff", two.group(1), two.group(2))
    if parts.has(
        r"\b(?:diff|differences?)\b|\bwhat (?:did|have|has|changed|'?s changed|(?:i|we)(?:'ve)? )|\bwhat's changed|\bsee the changes|\bshow (?:me )?(?:the |my )?changes"
    ):
        return "git diff"
    return "git status"


def _always(line: str) -> "Make":
    return lambda parts: line


def _with_files(*arguments: str) -> "Make":
    def make(parts: Parts) -> str:
        return _quoted(*arguments, *parts.files) if parts.files else ""

    return make


def _revision(parts: Parts) -> str:
    named = re.search(r"\b(?:HEAD(?:[~^]\d*)*|[0-9a-f]{7,40})", parts.text)
    return _quoted("show", named.group()) if named else ""


# Tried in order: the first pattern that is in the request and has what its line needs.
_TABLE: tuple[tuple[str, Make], ...] = (
    (r"\b(?:un)?stash", _stash),
    (r"\b(?:un)?staged?\b|\bstaging\b|\b(?:from|out of) the index\b|\badd\b.*\b(?:git|index|staging)\b|^git add\b", _stage),
    (r"^\W*(?:revert|undo|take back|roll back|reset(?= the (?:last|latest)))\b.*\bcommits?\b", _take_back),
    (r"^\W*amend\b", _amend),
    (r"^\W*commit\b(?! history| log)|\b(?:make|create|do|a)\b.*\bcommit\b|\bcommit(?:ting)?\b.*\b(?:message|msg|everything|changes)\b|\b(?:save|record|check in)\b.*\b(?:message|msg|in git)\b", _commit),
    (r"\bblame\b|\bwho\b.*\b(?:changed?|wrote|edit(?:ed)?|touch(?:ed)?|modif(?:y|ied)|responsible)\b|\bwhose\b", _with_files("blame")),
    (r"\btags?\b", _tag),
    (r"\b(?:discard|undo|revert|restore|(?:throw|take) (?:away|out|back)|bring back|roll back|reset|drop|forget|get rid of)\b", _restore),
    (r"\bbranch(?:es)?\b", _branch),
    (r"\bmerge\b", _branch),
    (r"\b(?:switch|check\s?out|(?:go|get|back) (?:back |over )?to|change|jump)\b.*", _switch),
    (r"\b(?:show|what|see|view)\b.*\b(?:head|[0-9a-f]{7,40})\b", _revision),
    (r"\b(?:init|initiali[sz]e)\b|\b(?:make|turn|start|create|convert|begin)\b.*\brepo|\btracking this\b", _always("git init")),
    (r"\b(?:uncommitted|unstaged|untracked|(?:any|some)thing (?:left )?to commit|clean|dirty|status)\b", _always("git status")),
    (r"\b(?:push|pull|fetch|sync|upload|publish|upstream|from origin|to origin|the remote|the server)\b|\bget the latest\b|\bsend\b.*\bcommits\b", _remote),
    (r"\b(?:diff|differences?|compare)\b", _changes),
    (r"\b(?:log|history|commits?)\b", _log),
    (r"\b(?:diff|differences?|changes?|changed|edited|modified|compare|different|state of)\b", _changes),
    (r"\bversion control\b", _with_files("add")),
)  # fmt: skip
