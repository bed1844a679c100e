"""The conversation of a session as models read it: it only grows at its end, so that what was evaluated of it stays good."""

import math
from collections.abc import Callable, Sequence

from codey_tui.engine.context import CHARS_PER_TOKEN
from codey_tui.engine.masking import mask
from codey_tui.inference.provider import ChatTurn
from codey_tui.store.conversations import Conversations, Saying

# Tokens that a template adds to a message, roughly.
_FRAME = 8
# Estimates of tokens are off by a third either way; what is left for the answer must not be eaten by that.
_RESERVE = 64

Write = Callable[[Callable[[], object]], object]


class Conversation:
    """What was said in one session: requests as they were sent, with their files, and what came of them. Keys are hidden.

    `write` carries out a change of the store now, or when the disk has room again.
    """

    def __init__(self, store: Conversations, session: str, write: Write) -> None:
        self.session = session
        self._store = store
        self._write = write
        self._said = store.list(session)

    @property
    def turns(self) -> tuple[ChatTurn, ...]:
        """The messages, the oldest first."""
        return tuple(ChatTurn(role=said.role, text=said.text) for said in self._said)

    def add(self, request: str, answer: str) -> None:
        """One exchange more. Without an answer there is nothing to remember."""
        if not answer.strip():
            return
        place = self._said[-1].position + 1 if self._said else 0
        added = [
            Saying(position=place, role="user", text=mask(request)),
            Saying(position=place + 1, role="assistant", text=mask(answer)),
        ]
        self._said += added
        self._write(lambda: self._store.add(self.session, added))

    def within(self, tokens: int) -> tuple[ChatTurn, ...]:
        """The messages, if they take at most `tokens`; else the latest half of that, and the older ones are forgotten.

        Half, since every time the front goes all that follows it is evaluated again.
        """
        if self._said and tokens_of(self.turns) > tokens:
            self._forget(max(0, tokens) // 2)
        return self.turns

    def forget(self) -> None:
        """Forget all of it: not even the latest exchange fits."""
        self._forget(0)

    def _forget(self, tokens: int) -> None:
        kept: list[Saying] = []
        for at in range(len(self._said) - 2, -1, -2):
            pair = self._said[at : at + 2]
            tokens -= sum(_length(said.text) for said in pair)
            if tokens < 0:
                break
            kept = pair + kept
        self._said = kept
        first = kept[0].position if kept else None
        self._write(lambda: self._store.drop_before(self.session, first))


def room_for(messages: Sequence[ChatTurn], max_tokens: int, n_ctx: int) -> int:
    """Tokens that earlier turns may take beside these messages and an answer."""
    return n_ctx - max_tokens - tokens_of(messages) - _RESERVE


def tokens_of(messages: Sequence[ChatTurn]) -> int:
    """About how many tokens messages take."""
    return sum(_length(turn.text) for turn in messages)


def _length(text: str) -> int:
    return math.ceil(len(text) / CHARS_PER_TOKEN) + _FRAME
