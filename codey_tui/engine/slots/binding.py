"""Slots: fixed tokens that stand for the names of a request in what a small model reads and writes.

A model of a few million parameters recites well and copies badly. So the host finds the names, the model sees and writes
`<|fn|>` or `<|e|>`, and the host puts the names back while the text streams.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NAMES = (
    "fn", "to", "e", "es", "E", "T", "Ts", "in", "doc",
    *(f"{letter}{number}" for letter in "avlr" for number in range(1, 7)),
)  # fmt: skip
"""All slots: the name of a function or class, its new name; an entity as `blog_post`, `blog_posts`, `BlogPost`, `Blog post`, `Blog posts`;
an indentation and a sentence of documentation; parameters with their default values; lines with what replaces them."""
TOKENS = tuple(f"<|{name}|>" for name in NAMES)

_SLOT = re.compile(r"<\|(\w{1,4})\|>")
_LONGEST = max(map(len, TOKENS))


class SlotUnbound(Exception):
    """The model wrote a slot that nothing is bound to; the sentence names it."""


@dataclass(frozen=True)
class Binding:
    """What the slots of one chunk stand for, and the texts that are hidden behind slots in the prompt.

    `values` are put in place of the slots that the model writes. `hidden` maps words of the request to slots: each is replaced where
    it stands as a whole word: an entity whatever its case, any other name as it is written.
    """

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    hidden: Mapping[str, str] = field(default_factory=dict[str, str])

    def hide(self, text: str) -> str:
        """`text` with the bound names replaced by their slots, the longest first."""
        for words in sorted(self.hidden, key=len, reverse=True):
            slot = self.hidden[words]
            case = re.IGNORECASE if slot in ("e", "es") else re.NOFLAG
            text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", f"<|{slot}|>", text, flags=case)
        return text

    def fill(self, text: str) -> str:
        """`text` with every slot replaced by what it stands for. Raises `SlotUnbound`."""
        return _SLOT.sub(self._value, text)

    def _value(self, match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in NAMES:
            return match.group()
        if name not in self.values:
            raise SlotUnbound(f"The model left a blank, {match.group()}, that this request does not fill.")
        return self.values[name]

    def joined(self, other: "Binding") -> "Binding":
        """Both bindings in one; the other's win."""
        return Binding({**self.values, **other.values}, {**self.hidden, **other.hidden})


NOTHING = Binding()


class Filler:
    """Fills slots in a stream whose pieces may break anywhere."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be said of the stream so far. Raises `SlotUnbound`."""
        self._held += text
        at = self._held.rfind("<")
        if at >= 0 and len(self._held) - at < _LONGEST and "|>" not in self._held[at:]:
            ready, self._held = self._held[:at], self._held[at:]
        else:
            ready, self._held = self._held, ""
        return self._binding.fill(ready)

    def close(self) -> str:
        """What was held back."""
        rest, self._held = self._held, ""
        return self._binding.fill(rest)
