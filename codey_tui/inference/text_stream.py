"""From token bytes to text that may be shown: incremental UTF-8, and stop strings found across token borders."""

import codecs
from collections.abc import Sequence


class StopMatcher:
    """Passes text on until one of the stop strings is met, holding back what may still become one.

    After `feed` returned text, `stopped` names the stop string met, or is empty.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.stopped = ""

    def feed(self, text: str) -> str:
        """The text that is certain not to belong to a stop string."""
        if self.stopped:
            return ""
        if not self._stop:
            return text
        self._held += text
        found = [(at + len(stop), at, stop) for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if found:
            # The first that is complete wins, however the text was cut into tokens.
            _, at, self.stopped = min(found)
            shown, self._held = self._held[:at], ""
            return shown
        keep = self._partial()
        cut = len(self._held) - keep
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def close(self) -> str:
        """What was held back and did not become a stop string."""
        shown, self._held = self._held, ""
        return shown

    def _partial(self) -> int:
        """Length of the longest end of the held text that begins a stop string."""
        longest = max(len(stop) for stop in self._stop) - 1
        for size in range(min(longest, len(self._held)), 0, -1):
            tail = self._held[-size:]
            if any(stop.startswith(tail) for stop in self._stop):
                return size
        return 0


class TextStream:
    """Joins the bytes of tokens into whole characters and watches for stop strings.

    Bytes that are no UTF-8 become U+FFFD, so that output of any model can be shown and stored.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._matcher = StopMatcher(stop)

    @property
    def stopped(self) -> str:
        """The stop string that was met, or nothing."""
        return self._matcher.stopped

    def feed(self, piece: bytes) -> str:
        """Text that can be shown now."""
        return self._matcher.feed(self._decoder.decode(piece))

    def close(self) -> str:
        """The rest: held text and an unfinished character."""
        if self._matcher.stopped:
            return ""
        return self._matcher.feed(self._decoder.decode(b"", final=True)) + self._matcher.close()
