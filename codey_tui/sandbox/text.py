"""Output of a command made fit to be shown and kept: decoded as it comes, without control sequences, bounded."""

import codecs
import re
from collections import deque

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # OSC, DCS and other strings: titles, links, clipboard
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"  # character sets, cursor save, reset
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)?\Z")
# C0 but tab and newline, DEL, C1, and the marks that reverse the direction of text and so can hide what it says
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MAX_HELD = 4096


class Cleaner:
    """Bytes in pieces to text without terminal control: what is cut in two between pieces is held back."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""

    def feed(self, data: bytes, *, final: bool = False) -> str:
        """The text of the next piece; `final` gives out what was held back."""
        text = self._held + self._decoder.decode(data, final)
        text = _SEQUENCE.sub("", text)
        self._held = ""
        if not final:
            text = self._hold(text)
        text = text.replace("\r\n", "\n").replace("\r", "\n")  # a progress bar's redrawn line becomes lines
        return _CONTROL.sub("", text)

    def _hold(self, text: str) -> str:
        found = _UNFINISHED.search(text)
        start = found.start() if found else len(text)
        if text.endswith("\r"):
            start = min(start, len(text) - 1)
        if len(text) - start > _MAX_HELD:  # a string that never ends hides nothing: it is shown
            return text
        self._held = text[start:]
        return text[:start]


class Collector:
    """The whole output within a bound: the first half as text, then the last half; what lies between is counted."""

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._cleaner = Cleaner()
        self._head: list[str] = []
        self._head_bytes = 0
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._dropped = 0

    def feed(self, data: bytes) -> str:
        """Take a piece; what of it may be shown now (nothing once the first half is full)."""
        shown = ""
        room = self._half - self._head_bytes
        if room > 0:
            self._head_bytes += len(data[:room])
            shown = self._cleaner.feed(data[:room])
            self._head.append(shown)
        if rest := data[max(0, room) :]:
            self._keep(rest)
        return shown

    def close(self) -> tuple[str, str, bool]:
        """What is still to be shown, the whole kept output, and whether some is missing."""
        shown = ""
        if self._dropped:
            left_out = f"\n[... {self._dropped:,} bytes of output left out ...]\n"
            shown = self._cleaner.feed(b"", final=True) + left_out
            self._cleaner = Cleaner()
        shown += self._cleaner.feed(b"".join(self._tail), final=True)
        self._head.append(shown)
        return shown, "".join(self._head), self._dropped > 0

    def _keep(self, data: bytes) -> None:
        self._tail.append(data)
        self._tail_bytes += len(data)
        while self._tail_bytes > self._half:
            first = self._tail.popleft()
            surplus = self._tail_bytes - self._half
            if len(first) > surplus:
                self._tail.appendleft(first[surplus:])
                first = first[:surplus]
            self._tail_bytes -= len(first)
            self._dropped += len(first)
