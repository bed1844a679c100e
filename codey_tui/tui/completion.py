"""What the prompt proposes: commands after a slash, files after an @; pure functions."""

import re
from collections.abc import Sequence

import msgspec

from codey_tui.tui.cleaning import clean
from codey_tui.tui.commands import slash_commands

SHOWN = 6
"""Proposals that are shown at once."""
_AT = re.compile(r"(?:^|(?<=\s))@([^\s@]*)$")
_SLASH = re.compile(r"^/(\w*)$")
_FILES = re.compile(r"(?:^|(?<=\s))@(?:\"([^\"\n]+)\"|([^\s@\"][^\s@]*))")


class Proposal(msgspec.Struct, frozen=True):
    """What would be inserted, and a word on it."""

    text: str
    detail: str = ""


class Proposals(msgspec.Struct, frozen=True):
    """Proposals that replace the text from column `start` of the cursor's line on."""

    start: int = 0
    items: tuple[Proposal, ...] = ()


def wants_files(before: str) -> bool:
    """Whether the text before the cursor, on its line, asks for a file."""
    return _AT.search(before) is not None


def propose(before: str, first_line: bool, files: Sequence[str]) -> Proposals:
    """Proposals for the text before the cursor on its line."""
    slash = _SLASH.match(before) if first_line else None
    if slash is not None:
        found = [command for command in slash_commands() if command.slash.startswith(slash[1].lower())]
        items = [Proposal(f"/{command.slash}", f"{command.argument}  {command.title}".strip()) for command in found]
        return Proposals(0, tuple(items))
    at = _AT.search(before)
    if at is None:
        return Proposals()
    return Proposals(at.start(), tuple(Proposal(named) for path in rank(at[1], files) if (named := mention(path))))


def rank(word: str, files: Sequence[str]) -> list[str]:
    """The files that match a word: its name begins with it, its name holds it, its path holds it, letters in order."""
    word = word.lower()
    buckets: tuple[list[str], ...] = ([], [], [], [])
    for path in files:
        low = path.lower()
        name = low.rpartition("/")[2]
        if name.startswith(word):
            buckets[0].append(path)
        elif word in name:
            buckets[1].append(path)
        elif word in low:
            buckets[2].append(path)
        elif _in_order(word, low):
            buckets[3].append(path)
        if len(buckets[0]) >= SHOWN * 4:
            break
    return [path for bucket in buckets for path in bucket][: SHOWN * 4]


def _in_order(word: str, text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in word)


def mentioned(text: str) -> tuple[str, ...]:
    """The files that a prompt names with @, each once, in order."""
    found = (quoted or plain.rstrip(".,;:!?)") for quoted, plain in _FILES.findall(text))
    return tuple(dict.fromkeys(path for path in found if path))


def mention(path: str) -> str:
    """How a prompt names a file so that it is found again: `@path`, quoted where it has to be; empty where its name cannot be
    written in a prompt."""
    forms = (f"@{path}", f'@"{path}"')
    return "" if clean(path) != path else next((form for form in forms if mentioned(form) == (path,)), "")
