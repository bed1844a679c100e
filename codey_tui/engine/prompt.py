"""A prompt on its way to a model: earlier turns between the system message and the request, and what it could do without."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from msgspec.structs import replace

from codey_tui.engine.context import count_tokens
from codey_tui.engine.conversation import tokens_of
from codey_tui.inference.provider import ChatTurn, Finished
from codey_tui.protocol.models import PromptPart

EARLIER = "earlier"
"""The id of the earlier turns; a file's is its path."""

# As `context.files_context` writes it: the fence is longer than any within the file.
_SHOWN = re.compile(r"^File (?P<path>[^\n]+):\n(?P<fence>`{3,})[^\n`]*\n.*?^(?P=fence)$", re.MULTILINE | re.DOTALL)
# No tokenizer of a coding model takes more characters a token than this on average, so fewer tokens read mean text unread.
_MOST_CHARS_PER_TOKEN = 8


@dataclass(frozen=True)
class Prompt:
    """The messages; `earlier` of them, after the first, are of earlier turns."""

    messages: tuple[ChatTurn, ...]
    earlier: int = 0

    @property
    def parts(self) -> tuple[PromptPart, ...]:
        """What could be left out, with about how many tokens it takes."""
        found: list[PromptPart] = []
        if self.earlier:
            turns = self.messages[1 : 1 + self.earlier]
            found.append(PromptPart(id=EARLIER, title="earlier turns", tokens=tokens_of(turns)))
        shown = {match["path"]: match[0] for match in _SHOWN.finditer(self.messages[-1].text)}
        return (*found, *(PromptPart(id=path, title=path, tokens=count_tokens(text)) for path, text in shown.items()))

    def without(self, parts: Collection[str]) -> "Prompt":
        """The prompt without the parts with these ids."""
        if not parts:
            return self
        messages, earlier = self.messages, self.earlier
        if EARLIER in parts and earlier:
            messages, earlier = (messages[0], *messages[1 + earlier :]), 0

        def shown(match: re.Match[str]) -> str:
            return f"File {match['path']}: left out." if match["path"] in parts else match[0]

        last = replace(messages[-1], text=_SHOWN.sub(shown, messages[-1].text))
        return Prompt((*messages[:-1], last), earlier)


def tokens_lost(finished: Finished, messages: tuple[ChatTurn, ...]) -> int:
    """How many tokens of a prompt the model never read; 0 where it read all, or nobody counted what it read.

    A provider that knows what was sent says so; of any other as many as the text has at the very least are expected.
    """
    read = finished.tokens_new + finished.tokens_cached
    if not read:
        return 0
    sent = finished.tokens_sent or sum(len(turn.text) for turn in messages) // _MOST_CHARS_PER_TOKEN
    return max(0, sent - read)
