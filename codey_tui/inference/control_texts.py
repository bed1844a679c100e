"""Keeps what people, files and models say from being read as control tokens: a file that holds `<|im_end|>` must not end
the turn that shows it."""

import re
from collections.abc import Iterable, Sequence

from codey_tui.inference.provider import ChatTurn

_MARKS = range(0xF0000, 0xFFFFE)
"""Private characters: one that no text of the conversation holds is put into hidden control texts."""


class ControlTexts:
    """The texts of a vocabulary's control tokens."""

    def __init__(self, texts: Iterable[str]) -> None:
        # The longest first, since one may begin as another does.
        self._texts = sorted({text for text in texts if text}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, self._texts))) if self._texts else None

    def hide(self, turns: Sequence[ChatTurn]) -> tuple[list[ChatTurn], str]:
        """The turns with a mark behind the first character of every control text, and the mark; none where there is none."""
        pattern = self._pattern
        if pattern is None or not any(pattern.search(turn.text) for turn in turns):
            return list(turns), ""
        mark = next(char for char in map(chr, _MARKS) if not any(char in turn.text for turn in turns))

        def hidden(match: re.Match[str]) -> str:
            return match[0][0] + mark + match[0][1:]

        return [ChatTurn(role=turn.role, text=pattern.sub(hidden, turn.text)) for turn in turns], mark

    def parts(self, prompt: str, mark: str) -> list[tuple[str, bool]]:
        """The prompt of such turns in parts, without marks, and whether control texts in a part are control tokens."""
        if not mark:
            return [(prompt, True)]
        hidden = re.compile("|".join(re.escape(text[0] + mark + text[1:]) for text in self._texts))
        parts: list[tuple[str, bool]] = []
        at = 0
        for match in hidden.finditer(prompt):
            parts += [(prompt[at : match.start()], True), (match[0].replace(mark, ""), False)]
            at = match.end()
        parts.append((prompt[at:], True))
        # A template may cut a text in two; then its mark is all that is left to take out.
        return [(text.replace(mark, ""), special) for text, special in parts if text]
