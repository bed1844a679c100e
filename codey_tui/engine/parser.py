"""Reads a model's stream as the content of one file, whatever the model does around it.

The assistant turn was prefilled with the opening fence, so that the stream *is* the content up to the closing fence. Models
repeat the fence, talk first, add a second block or never stop: each of these has a defined outcome here.
"""

from pathlib import PurePosixPath
from typing import Literal

import msgspec

from codey_tui.engine import parser_words as wording
from codey_tui.engine.loops import LoopWatch
from codey_tui.engine.terminal_text import Cleaner

HOLD_CHARS = 400
"""Characters held back at most until it is clear whether the first lines are prose or content."""
AFTER_CHARS = 4000
"""Characters behind the closing fence that are looked at."""

State = Literal["ok", "empty", "loop", "truncated", "refused"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream ended. `text` is the whole content (with exactly one final newline unless empty), `tail` what of it
    `feed` had not given out yet, `notes` are sentences about what was dropped."""

    state: State
    text: str = ""
    tail: str = ""
    notes: tuple[str, ...] = ()


def stop_strings(fence: str) -> tuple[str, ...]:
    """Where a generation may stop: the closing fence on a line of its own.

    Only with the newline behind it: without it a model that talks first would be stopped at its own opening fence.
    """
    return (f"\n{fence}\n",)


class StreamParser:
    """One stream, fed in pieces of any size; how it is split never changes the result.

    `fence` is the run of backticks that the assistant turn was prefilled with. `feed` returns content to append to the
    file now; once `finished`, the rest of the stream is not needed and the generation may be stopped.
    """

    def __init__(self, kind: str, path: str, language: str, fence: str = "```") -> None:
        self._path = path
        self._language = language.lower()
        self._markdown = self._language in wording.MARKDOWN and kind != "edit"
        self._fence = len(fence)
        self._cleaner = Cleaner()
        self._loops = LoopWatch()
        self._notes: list[str] = []
        self._text: list[str] = []  # content given out
        self._blank = ""  # what is content only if something follows: white space, a lone fence
        self._line = ""  # the present line, complete or not
        self._given = 0  # characters of it that went out
        self._depth = 0  # fenced blocks open inside Markdown content
        self._head: list[str] = []  # first lines, not yet decided about
        self._head_chars = 0
        self._after = ""
        # The blocks of an edit may hold fences and prose themselves: whoever applies them reads them whole.
        self._read = self._in_body if kind == "edit" else self._in_head
        self._loop = False
        self._refused = False

    @property
    def finished(self) -> bool:
        """Whether the content is over: the closing fence came, the model loops, or it refused."""
        return self._loop or self._refused or self._read == self._behind

    def feed(self, text: str) -> str:
        """Take a piece of the stream; returns what is content for certain, possibly nothing."""
        out: list[str] = []
        for char in self._cleaner.feed(text):
            if self._loop or self._refused:
                break
            out.append(self._read(char))
        return "".join(out)

    def close(self, finish_reason: str) -> Outcome:
        """The stream is over, for the reason that the provider gave (`length`: it ran into its ceiling)."""
        pieces: list[str] = []
        if self._read == self._in_head and not self._loop:
            pieces.append(self._decide_head(final=True))
        rest = self._line if self._read == self._in_body and not self._loop else ""
        if rest and not self._closes(rest) and not self._lone_fence(rest):
            pieces.append(self._emit(self._line[self._given :]))
        if self._read == self._behind:
            self._report_rest()
        text = "".join(self._text)
        if text and not text.endswith("\n"):
            self._text.append("\n")
            pieces.append("\n")
        return Outcome(
            state=self._state(finish_reason, bool(text.strip())),
            text="".join(self._text),
            tail="".join(pieces),
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _state(self, finish_reason: str, content: bool) -> State:
        if self._refused:
            return "refused"
        if self._loop:
            return "loop"
        if finish_reason == "length" and self._read != self._behind:
            return "truncated" if content else "empty"
        may_be_empty = PurePosixPath(self._path).name in wording.MAY_BE_EMPTY and finish_reason in {"stop", "eos"}
        return "ok" if content or may_be_empty else "empty"

    # --- the first lines --------------------------------------------------------------------------------------------
    def _in_head(self, char: str) -> str:
        """Collect first lines until they are clearly content, or prose before a fence."""
        self._line += char
        self._head_chars += 1
        if char != "\n":
            return self._decide_head() if self._head_chars >= HOLD_CHARS else ""
        line, self._line = self._line, ""
        if not line.strip() and not self._head:
            self._head_chars -= len(line)
            if self._loops.line(line):
                self._stop_loop()
            return ""
        self._head.append(line)
        return self._decide_head()

    def _decide_head(self, *, final: bool = False) -> str:
        """Go on to the content if the lines held so far allow it; `final` and a full hold-back force a decision."""
        lines = [*self._head, self._line] if self._line and (final or self._head_chars >= HOLD_CHARS) else self._head
        if not lines:
            return ""
        opening = self._opening(lines)
        if opening is not None:
            return opening
        prose = wording.prose(lines[0], markdown=self._markdown)
        if prose and wording.REFUSAL.match(lines[0].lstrip()) and (final or self._head_chars >= HOLD_CHARS):
            self._refused = True
            self._notes.append(f"The model refused: {' '.join(''.join(lines).split())[:200]}")
            return ""
        if prose and not final and self._head_chars < HOLD_CHARS:
            return ""
        return self._release("".join(self._head) + self._line)

    def _opening(self, lines: list[str]) -> str | None:
        """Drop everything up to an opening fence if the last held line is one; None if it is not."""
        last = lines[-1]
        match = wording.FENCE_LINE.match(last.rstrip("\n"))
        if match is None or not last.endswith("\n"):
            return None
        ticks, info = len(match.group(1)), match.group(2).strip()
        before = "".join(lines[:-1])
        if before and not self._opens_after(lines[0], ticks, info):
            return None
        name = wording.file_name(info) or wording.file_name(before)
        self._note_wrong_file(name, "The block")
        if before.strip():
            self._notes.append("Text before the code was dropped.")
        self._head, self._line, self._head_chars = [], "", 0
        if wording.is_console(info) and not wording.is_console(self._language) and self._language not in wording.PLAIN:
            self._notes.append(f"A {info} block before the file was dropped.")
            self._fence = ticks
            self._read = self._in_skipped
            return ""
        self._fence = ticks if self._markdown or ticks > self._fence else min(ticks, self._fence)
        self._read = self._in_body
        return ""

    def _opens_after(self, first: str, ticks: int, info: str) -> bool:
        """Whether a fence behind other lines opens the file's block, and is not content or the closing fence."""
        certainty = wording.prose(first, markdown=self._markdown)
        if self._markdown:
            return certainty == "certain" and (ticks >= self._fence or info.lower() in wording.MARKDOWN)
        return bool(certainty) if info else certainty == "certain"

    def _in_skipped(self, char: str) -> str:
        """Drop a block that is not the file, up to its closing fence."""
        self._line += char
        if char == "\n":
            line, self._line = self._line, ""
            if self._loops.line(line):
                self._stop_loop()
            elif self._closes(line):
                self._read = self._in_head
        return ""

    def _release(self, text: str) -> str:
        """The held lines were content after all."""
        self._head, self._line = [], ""
        self._read = self._in_body
        return "".join(self._read(char) for char in text)

    # --- the content ------------------------------------------------------------------------------------------------
    def _in_body(self, char: str) -> str:
        """One character of content, or of the closing fence."""
        self._line += char
        if char != "\n":
            if self._loops.char(char):
                self._stop_loop()
                return ""
            return "" if self._may_close() else self._advance()
        line = self._line
        if self._closes(line):
            self._line, self._given = "", 0
            self._read = self._behind
            return ""
        held = self._lone_fence(line)
        if self._markdown:
            self._nest(line)
        out = self._hold() if held else self._advance()
        self._line, self._given = "", 0
        if self._loops.line(line):
            self._stop_loop()
        return out

    def _advance(self) -> str:
        """Give out what of the present line has not gone out."""
        piece, self._given = self._line[self._given :], len(self._line)
        return self._emit(piece)

    def _hold(self) -> str:
        """Keep the present line back until something follows it."""
        self._blank += self._line
        return ""

    def _emit(self, piece: str) -> str:
        """Give out content; white space waits until something follows it, leading blank lines are dropped."""
        whole = self._blank + piece
        if not piece.strip():
            self._blank = whole
            return ""
        solid = whole.rstrip()
        self._blank = whole[len(solid) :]
        if not self._text:
            first = len(solid) - len(solid.lstrip())
            solid = solid[solid.rfind("\n", 0, first) + 1 :]
        self._text.append(solid)
        return solid

    def _may_close(self) -> bool:
        """Whether the present line could still become the closing fence."""
        return not self._line.strip("`") or bool(self._line.rstrip() and not self._line.rstrip().strip("`"))

    def _closes(self, line: str) -> bool:
        """Whether a line is the closing fence: at the margin, nothing but backticks, and as many as opened it."""
        mark = line.rstrip()
        return len(mark) >= self._fence and not mark.strip("`") and (self._depth == 0 or len(mark) > 3)

    def _lone_fence(self, line: str) -> bool:
        """In Markdown: three bare backticks that open a block, or, at the very end, close an answer that a longer fence
        began. Which of the two, only what follows tells."""
        return self._markdown and self._depth == 0 and line.rstrip() == "```"

    def _nest(self, line: str) -> None:
        """Inside Markdown keep count of the blocks that the content itself opens."""
        match = wording.FENCE_LINE.match(line.rstrip("\n"))
        if match is None:
            return
        opens = bool(match.group(2).strip()) or self._depth == 0
        self._depth += 1 if opens else -1

    # --- behind the content -----------------------------------------------------------------------------------------
    def _behind(self, char: str) -> str:
        """What follows the closing fence is looked at, never written."""
        if len(self._after) < AFTER_CHARS:
            self._after += char
        return ""

    def _report_rest(self) -> None:
        """Say what followed the content."""
        if not self._after.strip():
            return
        lines = self._after.splitlines()
        openings = [number for number, line in enumerate(lines) if wording.FENCE_LINE.match(line)]
        if not openings:
            self._notes.append("Text after the code was dropped.")
            return
        number = openings[0]
        info = lines[number].strip("` ")
        above = next((line for line in reversed(lines[:number]) if line.strip()), "")
        inside = lines[number + 1] if number + 1 < len(lines) else ""
        name = wording.file_name(info) or wording.file_name(above) or wording.file_comment(inside)
        if not self._note_wrong_file(name, "A second block"):
            self._notes.append("A second block was ignored.")

    def _note_wrong_file(self, name: str, what: str) -> bool:
        """Report a block that names another file than the one asked for."""
        if not name or PurePosixPath(name).name.lower() == PurePosixPath(self._path).name.lower():
            return False
        if what == "The block":
            self._notes.append(f"The block is headed {name}, not {self._path}: wrong file?")
        else:
            self._notes.append(f"{what} for {name} was ignored: wrong file, {self._path} was asked for.")
        return True

    def _stop_loop(self) -> None:
        self._loop = True
        self._notes.append("The model repeated itself, so it was stopped.")
