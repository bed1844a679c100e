"""What the phrasing tables of all tools look at: a request with its files, folders, quotes and numbers taken out."""

import re
from functools import cached_property
from pathlib import Path

from codey_tui.engine.router import spans
from codey_tui.engine.router.tool_calls import ToolCall, exists

Wording = str | ToolCall | None
"""A line for the exact rules, or a call ready made; nothing where the arguments are missing."""

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "twenty": 20, "few": 5, "couple of": 2,
}  # fmt: skip


_NO_FOLDERS = frozenset("new empty current whole project listing contents content tree structure files please".split())


class Parts:
    """A request in the words of a person."""

    def __init__(self, text: str, workspace: Path) -> None:
        self.text = text.strip().rstrip("?!").rstrip()
        self.text = re.sub(r"(?<=\w)\.$", "", self.text)
        self.lower = self.text.lower()
        self.workspace = workspace

    @cached_property
    def files(self) -> list[str]:
        """File names, and words that name something in the workspace."""
        named = spans.files(self.text)
        more = [word for word in self.existing if word not in named and not (self.workspace / word).is_dir()]
        return sorted(named + more, key=self.text.find)

    @cached_property
    def existing(self) -> list[str]:
        """Words of the request that are paths of the workspace."""
        words = re.findall(r"[\w./+-]*\w", self.text)
        return [word for word in dict.fromkeys(words) if word != "." and exists(word, self.workspace)]

    @cached_property
    def folders(self) -> list[str]:
        """Words that name a folder of the workspace, or are said to be folders."""
        found = [word for word in self.existing if (self.workspace / word).is_dir()]
        said = re.findall(
            r"(?:folder|directory|dir)\s+(?:named|called)?\s*['\"`]?([\w./-]*\w)|([\w./-]*\w)/?['\"`]?\s+(?:folder|directory|dir)\b",
            self.lower,
        )
        words = [first or second for first, second in said]
        plain = [word for word in words if word not in spans.PROSE_WORDS | _NO_FOLDERS]
        return list(dict.fromkeys(found + plain))

    @cached_property
    def quoted(self) -> list[str]:
        """What stands in quotation marks."""
        return spans.quoted(self.text)

    @property
    def file(self) -> str:
        """The first file name, or nothing."""
        return self.files[0] if self.files else ""

    @cached_property
    def spoken(self) -> str:
        """The request in lower case without what its file names and its quoted sentences say."""
        names = [re.escape(name) for name in self.files + [text for text in self.quoted if " " in text] if name]
        hidden = re.sub(rf"(?<![\w./-])(?:{'|'.join(names)})(?![\w/-])", "<>", self.text) if names else self.text
        return hidden.lower()

    def orders(self, pattern: str) -> bool:
        """Whether a pattern fits what the request says itself: `see delete.py` deletes nothing."""
        return bool(re.search(pattern, self.spoken))

    def has(self, pattern: str) -> re.Match[str] | None:
        """The first place in the request, in lower case, where a pattern fits."""
        return re.search(pattern, self.lower)

    def after(self, pattern: str) -> str:
        """The word, as written, that follows a pattern; without quotation marks."""
        found = re.search(rf"(?:{pattern})\s+['\"`]?([^\s'\"`,;]+)", self.text, re.IGNORECASE)
        return found.group(1).rstrip(".,;:!?") if found else ""

    def count(self) -> int:
        """The first number of the request, in digits or as a word; 0 without one."""
        if digits := self.has(r"(?<![\w./-])\d{1,6}(?![\w./-])"):
            return int(digits.group())
        word = self.has(rf"\b(?:{'|'.join(NUMBERS)})\b")
        return NUMBERS[word.group()] if word else 0
