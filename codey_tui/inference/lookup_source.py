"""Guesses how a text goes on, from where its last tokens stood before: in the prompt, or earlier in the answer."""

from array import array
from collections.abc import Sequence

# A place is trusted when this many tokens before it are the same as the last ones. Verifying a draft costs four to six
# plain tokens, so one that is mostly wrong is a loss, and short matches are mostly wrong.
LEAST_MATCH = 5
# Right behind the place that was copied from before, as after one changed name, fewer have to agree.
LEAST_NEAR = 2
_NEAR = 24  # tokens
_FORGOTTEN = 32  # tokens after which it is no longer looked for there first
_CANDIDATES = 8  # places that are compared for the longest match
_LONGEST = 64  # tokens of a match that are counted
_SIZE = array("i").itemsize


class Source:
    """All tokens of a prompt and its answer so far, searchable by the ones that came last."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = array("i", tokens)
        self._raw = bytearray(self._tokens.tobytes())
        self._place = 0  # where the copying went on last; 0 when nothing was copied
        self._since = 0  # tokens said since

    def add(self, token: int) -> None:
        """The text has gone on by a token."""
        self._tokens.append(token)
        self._raw += array("i", (token,)).tobytes()
        self._since += 1

    def copied(self, place: int) -> None:
        """The token at `place` was said, or something in its stead: what follows is looked for behind it first."""
        self._place, self._since = place, 0

    def find(self, least: int = LEAST_MATCH) -> int:
        """The place of the token that probably comes next; 0 where nothing is like the last `least` tokens."""
        if near := self._find_near():
            return near
        end = len(self._tokens)
        if end <= least:
            return 0
        wanted = bytes(self._raw[-least * _SIZE :])
        best, longest = 0, 0
        before = len(self._raw) - 1  # the last tokens themselves are no earlier place
        for _ in range(_CANDIDATES):
            at = self._raw.rfind(wanted, 0, before)
            if at < 0:
                break
            before = at + len(wanted) - 1
            if at % _SIZE:
                continue
            place = at // _SIZE + least
            length = self._agreement(place, _LONGEST)
            if length > longest:
                best, longest = place, length
        return best

    def at(self, place: int, count: int) -> list[int]:
        """`count` tokens from a place on; what would lie behind the last token repeats, as the text does between the two."""
        found = self._tokens[place : place + count].tolist()
        while len(found) < count:
            found.append(found[len(found) - (len(self._tokens) - place)])
        return found

    def _find_near(self) -> int:
        """The nearest place behind the one that was copied from, where the last few tokens stand too."""
        if not self._place or self._since > _FORGOTTEN:
            return 0
        end = min(self._place + _NEAR, len(self._tokens) - 1)
        for place in range(self._place, end + 1):
            if self._agreement(place, LEAST_NEAR) == LEAST_NEAR:
                return place
        return 0

    def _agreement(self, place: int, most: int) -> int:
        """How many tokens before `place` are the same as the last ones."""
        tokens, end = self._tokens, len(self._tokens)
        count = 0
        while count < most and count < place and tokens[place - 1 - count] == tokens[end - 1 - count]:
            count += 1
        return count
