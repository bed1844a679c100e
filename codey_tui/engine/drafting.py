"""Drafting: the text that a model streams for one chunk, on its way through the parser to a growing file and to events."""

from dataclasses import dataclass
from typing import Protocol

from codey_tui.engine import prompts
from codey_tui.engine.coder import BeyondModel
from codey_tui.engine.masking import StreamRestorer, restore
from codey_tui.engine.parser import Outcome, StreamParser, stop_strings
from codey_tui.engine.slots.binding import NOTHING, Binding, Filler, SlotUnbound
from codey_tui.engine.turn_state import TurnState
from codey_tui.inference.provider import ChatTurn, Finished
from codey_tui.protocol import events as ev
from codey_tui.protocol.plan import Chunk


class Sink(Protocol):
    """Where the text of a draft goes: a file that grows at its real path."""

    def append(self, text: str) -> None: ...
    def abandon(self) -> None: ...


@dataclass(frozen=True)
class Form:
    """How an answer is framed: what the assistant turn starts with, the fence that would close it, where to stop."""

    prefill: str
    fence: str
    stop: tuple[str, ...]


EDIT_FORM = Form(prefill="<<<<<<< SEARCH\n", fence="`" * 16, stop=())
"""Search/replace blocks: no fence closes them, since the lines they hold may be fences themselves."""


def file_form(chunk: Chunk) -> Form:
    """A whole file: the stream is its content up to the closing fence."""
    prefill = prompts.fence_for(chunk.kind, chunk.language)
    fence = prefill[: len(prefill) - len(prefill.lstrip("`"))]
    return Form(prefill=prefill, fence=fence, stop=stop_strings(fence))


class Draft:
    """One generation for one chunk. `text` is what came so far, also after an error or a cancellation.

    Slots that the model writes are filled from `binding`. The assistant turn starts with `form`: the fence of a file, or the opening of a search/replace block.
    `repeats` says that most of the text will be that of a file the model was shown.
    """

    def __init__(
        self,
        state: TurnState,
        chunk: Chunk,
        form: "Form",
        sink: Sink | None = None,
        *,
        binding: Binding = NOTHING,
        repeats: bool = False,
    ) -> None:
        self._state = state
        self._chunk = chunk
        self._sink = sink
        self._repeats = repeats
        self._parts: list[str] = []
        self._length = 0
        self._bytes = 0
        self._lines = 0
        self._tokens = 0
        self._form = form
        self._restorer = StreamRestorer()
        self._filler = Filler(binding)
        self._parser = StreamParser(kind=chunk.kind, path=chunk.path, language=chunk.language, fence=form.fence)
        self.finished: Finished | None = None

    @property
    def said(self) -> str:
        """What the model wrote so far, with placeholders for the keys that it may not see."""
        return "".join(self._parts)

    @property
    def text(self) -> str:
        """The content so far, as it is in the file: with these keys."""
        return restore(self.said)

    async def run(self, messages: tuple[ChatTurn, ...]) -> Outcome:
        """Generate until the closing fence, the ceiling or a loop. On any error nothing of the file is left behind."""
        try:
            self.finished = await self._state.coder.stream(
                self._chunk.id,
                messages,
                self._take,
                prefill=self._form.prefill,
                stop=self._form.stop,
                max_tokens=self._chunk.max_tokens,
                repeats=self._repeats,
            )
            self._state.totals.add(self.finished)
            self._grow(self._parser.feed(self._filler.close()))
            outcome = self._parser.close(self.finished.reason)
            self._grow(outcome.tail)
            self._write(self._restorer.close())
        except SlotUnbound as unbound:
            self._abandon()
            raise BeyondModel(self._state.coder.beyond_sentence) from unbound
        except BaseException:
            self._abandon()
            raise
        return outcome

    def _abandon(self) -> None:
        if self._sink is not None:
            self._sink.abandon()

    def _take(self, text: str, tokens: int) -> bool:
        self._tokens = tokens
        self._grow(self._parser.feed(self._filler.feed(text)))
        return not self._parser.finished

    def _grow(self, piece: str) -> None:
        if not piece:
            return
        self._write(self._restorer.feed(piece))
        emit, chunk = self._state.emit, self._chunk
        emit(ev.TokensGenerated(stream=chunk.id, offset=self._length, text=piece, tokens=self._tokens))
        self._parts.append(piece)
        self._length += len(piece)
        if self._sink is not None:
            emit(ev.FileGrew(path=chunk.path, size=self._bytes, lines=self._lines))

    def _write(self, text: str) -> None:
        """Let the file grow, if there is one."""
        if self._sink is None or not text:
            return
        self._sink.append(text)
        self._bytes += len(text.encode())
        self._lines += text.count("\n")


class Progress:
    """The draft that a chunk is busy with, so that its text is known also when it ends badly."""

    def __init__(self) -> None:
        self._draft: Draft | None = None

    def begin(self, draft: Draft) -> Draft:
        """Note the draft that begins now."""
        self._draft = draft
        return draft

    @property
    def text(self) -> str:
        """What the model wrote so far."""
        return self._draft.said if self._draft is not None else ""
