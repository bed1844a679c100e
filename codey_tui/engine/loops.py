"""Notices that a model repeats itself without end: the same line, the same few lines, or the same characters."""

MAX_PERIOD = 8
SAME_LINES = 16
SAME_BLOCKS = 5
MIN_BLOCK_LINES = 20
BLANK_LINES = 40
CHAR_WINDOW = 400
MAX_CHAR_PERIOD = 64


class LoopWatch:
    """Fed line by line and character by character; says when what came is a loop.

    One line counts as a loop after 16 repetitions, a block of two to eight lines after five and 20 lines, and a line whose last
    400 characters have a period of at most 64 characters. No file of a chunk's size repeats itself so much by right.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._blank = 0
        self._chars = ""

    def char(self, char: str) -> bool:
        """Take one character of the present line; True when the line loops."""
        self._chars += char
        if len(self._chars) % CHAR_WINDOW:
            return False
        window = self._chars[-CHAR_WINDOW:]
        return any(window[period:] == window[:-period] for period in range(1, MAX_CHAR_PERIOD + 1))

    def line(self, line: str) -> bool:
        """Take one whole line; True when the lines so far end in a loop."""
        self._chars = ""
        line = line.strip()
        if not line:
            self._blank += 1
            return self._blank >= BLANK_LINES
        self._blank = 0
        self._lines.append(line)
        del self._lines[: -MAX_PERIOD * (MIN_BLOCK_LINES // 2)]
        return any(self._repeats(period) for period in range(1, MAX_PERIOD + 1))

    def _repeats(self, period: int) -> bool:
        """Whether the last lines are one block of `period` lines over and over."""
        needed = SAME_LINES if period == 1 else max(MIN_BLOCK_LINES, period * SAME_BLOCKS)
        if len(self._lines) < needed:
            return False
        tail = self._lines[-needed:]
        return tail[period:] == tail[:-period]
