"""Takes out of a stream what only a terminal would understand: escape sequences and control characters."""

from typing import Literal

MAX_SEQUENCE = 256


class Cleaner:
    """Cleans text fed in pieces of any size. Tabs and newlines stay; carriage returns, other control characters and lone
    surrogates go, and with an escape the sequence that it begins."""

    def __init__(self) -> None:
        self._state: Literal["text", "escape", "csi", "string", "string-escape"] = "text"
        self._length = 0

    def feed(self, text: str) -> str:
        """The clean part of `text`."""
        return "".join(char for char in text if self._passes(char))

    def _passes(self, char: str) -> bool:
        if self._state == "text":
            return self._plain(char)
        self._length += 1
        if self._length > MAX_SEQUENCE or char == "\n":
            self._state = "text"
            return self._plain(char)
        self._state = self._next(char)
        return False

    def _plain(self, char: str) -> bool:
        """A character outside a sequence."""
        code = ord(char)
        if char == "\x1b" or code == 0x9B:
            self._state, self._length = ("escape" if char == "\x1b" else "csi"), 0
            return False
        return char in "\t\n" or not (code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000)

    def _next(self, char: str) -> Literal["text", "escape", "csi", "string", "string-escape"]:
        """The state after one character of a sequence."""
        match self._state:
            case "escape":
                return (
                    "csi" if char == "[" else "string" if char in "]PX^_" else "escape" if char in " #%()*+" else "text"
                )
            case "csi":
                return "text" if "@" <= char <= "~" else "csi"
            case "string":
                return "text" if char == "\x07" else "string-escape" if char == "\x1b" else "string"
            case _:
                return "text" if char == "\\" else "string"
