"""Hiding and restoring in text that comes in pieces: what might be the beginning of a key or a placeholder waits for the next piece."""

import re

from codey_tui.engine.masking.assigned import HINTS
from codey_tui.engine.masking.placeholders import MAX_LENGTH, OPENING, hide, restore
from codey_tui.engine.masking.shapes import SHAPES

_MAX_LINE = 8192
_MAX_BLOCK = 32_768
_HINTS = tuple(sorted({hint for shape in SHAPES for hint in shape.hints} | {"://", "-----"}))
_MAYBE = re.compile(r"[A-Za-z0-9-][A-Za-z0-9_:/+-]{0,24}\Z")
"""A word at the end, which may turn out to be the name or the beginning of a key."""
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,52}PRIVATE KEY")
_END = re.compile(r"-----END [A-Z0-9 ]{0,52}PRIVATE KEY(?: BLOCK)?-----")


class StreamHider:
    """Output in pieces, with keys hidden. A line that may hold a key waits for its end; others go on as they come."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What may be shown now."""
        text = self._held + text
        cut = self._safe(text)
        self._held = text[cut:]
        return hide(text[:cut])

    def close(self) -> str:
        """What was held back."""
        text, self._held = self._held, ""
        return hide(text)

    @staticmethod
    def _safe(text: str) -> int:
        """Up to where the text can be judged."""
        line = text.rfind("\n") + 1
        opened = max((match.start() for match in _BEGIN.finditer(text)), default=-1)
        if opened >= 0 and not _END.search(text, opened, line) and len(text) - opened < _MAX_BLOCK:
            return text.rfind("\n", 0, opened) + 1
        rest = text[line:]
        if len(rest) >= _MAX_LINE:
            return len(text)
        small = rest.lower()
        if any(hint in rest for hint in _HINTS) or any(hint in small for hint in HINTS):
            return line
        maybe = _MAYBE.search(rest)
        return line + (maybe.start() if maybe else len(rest))


class StreamRestorer:
    """A model's text in pieces, with the keys of this process back in place of their placeholders."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What is certain now."""
        text = self._held + text
        start = text.rfind("[")
        tail = text[start:] if start >= 0 else ""
        waits = (
            0 < len(tail) < MAX_LENGTH and "]" not in tail and (OPENING.startswith(tail) or tail.startswith(OPENING))
        )
        self._held = tail if waits else ""
        return restore(text[: len(text) - len(self._held)])

    def close(self) -> str:
        """What was held back."""
        text, self._held = self._held, ""
        return restore(text)
