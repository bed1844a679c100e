"""What of the workspace goes into a prompt: the files that a person named, and what earlier chunks of the plan defined.

Small by design: on a CPU every hundred tokens of prompt are seconds. What does not fit is cut in the middle, and says so.
"""

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

from codey_tui.engine import naming
from codey_tui.engine.router import spans
from codey_tui.protocol.plan import Chunk, Plan
from codey_tui.tools.base import ToolError
from codey_tui.tools.places import hold_to_read

CHARS_PER_TOKEN = 3.5
"""Characters a token of code on average; measured counts differ by a third either way, so budgets keep a reserve."""
MAX_FILES = 8
MAX_READ_BYTES = 512 * 1024
MIN_FILE_TOKENS = 24
OUTLINE_TOKENS = 160
ANSWER_RESERVE = 64

Counter = Callable[[str], int]

# What other files need to know of a file, by the info string of its language.
_OUTLINES: dict[str, re.Pattern[str]] = {
    "python": re.compile(
        r"^(?:async )?def \w+\(.*?\)(?: *-> *[^:\n]+)?(?=:)|^class \w+(?:\(.*?\))?(?=:)|^[A-Z_]{3,} = .+|"
        r"^@[\w.]*(?:route|get|post|put|delete|patch)\(.*\)",
        re.MULTILINE,
    ),
    "javascript": re.compile(
        r"^(?:export )?(?:async )?(?:function|class) .+?\{|^(?:export )?const \w+ = (?:async )?\(.*?\) =>", re.M
    ),
    "html": re.compile(
        r"<(?:form|input|button|table|ul|ol|div|section|main|textarea|select)\b[^>]*\b(?:id|name|class)=[^>]*>", re.I
    ),
    "css": re.compile(r"^[.#][\w-]+(?=[^{};]*\{)", re.M),
    "sql": re.compile(r"^create table[^;]*;", re.M | re.I),
}


class Budgeted(Protocol):
    """What `chunk_context` needs to know of a model: tokens of context."""

    @property
    def n_ctx(self) -> int: ...


class Shares(Protocol):
    """The setting that says how much of the context files may take (0..1)."""

    @property
    def context_share(self) -> float: ...


class Asking(Protocol):
    """What `chunk_context` needs of a turn."""

    @property
    def request(self) -> str: ...
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def workspace(self) -> Path: ...
    @property
    def coder(self) -> Budgeted: ...
    @property
    def options(self) -> Shares: ...


def count_tokens(text: str) -> int:
    """Tokens of a text, estimated from its length."""
    return math.ceil(len(text) / CHARS_PER_TOKEN)


def question_context(
    request: str, workspace: Path, files: Sequence[str], tokens: int, count: Counter = count_tokens
) -> str:
    """The files that a question names, as Markdown, within `tokens`; empty when it names none."""
    return files_context(_named(request, workspace, files, ()), workspace, tokens, count)


def chunk_context(turn: Asking, chunk: Chunk, plan: Plan, present: str = "", count: Counter = count_tokens) -> str:
    """The context of a chunk: outlines of what earlier chunks wrote, files that the request names, and, for a file
    that is there already, its present text. As Markdown, within the share of the model's context that settings allow."""
    budget = int(turn.coder.n_ctx * turn.options.context_share) - chunk.max_tokens // 2 - ANSWER_RESERVE
    budget = max(budget, 0)
    parts: list[str] = []
    if present:
        fenced = fence(chunk.path, cut(present, budget, count))
        parts.append(f"The file {chunk.path} as it is now:\n{fenced}")
        budget -= count(fenced)
    outline = earlier_outlines(plan, chunk, turn.workspace, min(OUTLINE_TOKENS, budget), count)
    if outline:
        parts.insert(0, outline)
        budget -= count(outline)
    planned = tuple(other.path for other in plan.chunks)
    named = _named(turn.request, turn.workspace, turn.files, (chunk.path, *planned))
    if shown := files_context(named, turn.workspace, budget, count):
        parts.append(shown)
    return "\n".join(parts)


def files_context(paths: Sequence[str], workspace: Path, tokens: int, count: Counter = count_tokens) -> str:
    """Files as fenced Markdown within `tokens`: an equal share each, what one leaves over goes to the next."""
    texts = [(path, text) for path in paths if (text := read(workspace, path)) is not None]
    shown: list[str] = []
    left = tokens
    for number, (path, text) in enumerate(texts):
        share = left // (len(texts) - number) - count(path) - 8
        if share < MIN_FILE_TOKENS:
            break
        part = f"File {path}:\n{fence(path, cut(text, share, count))}"
        shown.append(part)
        left -= count(part)
    return "\n".join(shown)


def earlier_outlines(plan: Plan, chunk: Chunk, workspace: Path, tokens: int, count: Counter = count_tokens) -> str:
    """What the chunks before `chunk` defined: signatures, routes, ids and class names, a line each, within `tokens`."""
    lines: list[str] = []
    for other in plan.chunks:
        if other.id == chunk.id:
            break
        if not other.path or other.path == chunk.path or (text := read(workspace, other.path)) is None:
            continue
        found = outline(text, other.language)
        if found:
            lines += [f"{other.path} has:", *found]
    kept: list[str] = []
    for line in lines:
        if count("\n".join([*kept, line])) > tokens:
            break
        kept.append(line)
    if kept and kept[-1].endswith(" has:"):
        kept.pop()
    return "\n".join(kept)


def outline(text: str, language: str) -> list[str]:
    """The lines of a file that others build upon, each once and on one line."""
    pattern = _OUTLINES.get(language)
    if pattern is None:
        return []
    found = (" ".join(match.group(0).split()).rstrip("{:").strip()[:120] for match in pattern.finditer(text))
    return list(dict.fromkeys(found))


def cut(text: str, tokens: int, count: Counter = count_tokens) -> str:
    """`text` within `tokens`: its head and its tail by whole lines, with a line between that counts what is left out."""
    text = text.strip("\n")
    if count(text) <= tokens:
        return text
    lines = text.split("\n")
    head: list[str] = []
    tail: list[str] = []
    room = tokens - count("[... 00000 lines left out ...]") - 1
    first, last = 0, len(lines) - 1
    while first <= last:
        # Two lines of head for one of tail: imports and signatures stand at the top.
        take_head = len(head) <= 2 * len(tail)
        line = lines[first] if take_head else lines[last]
        room -= count(line + "\n")
        if room < 0:
            break
        if take_head:
            head.append(line)
            first += 1
        else:
            tail.insert(0, line)
            last -= 1
    return "\n".join([*head, f"[... {last - first + 1} lines left out ...]", *tail])


def fence(path: str, text: str) -> str:
    """`text` in a fence that is longer than any within it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    ticks = "`" * (longest + 1)
    return f"{ticks}{naming.fence_of(path)}\n{text}\n{ticks}"


def read(workspace: Path, path: str) -> str | None:
    """The text of a file of the workspace, None when it is not there, not text, or out of bounds."""
    try:
        with hold_to_read(workspace, path) as held:  # passwords and keys go into no prompt
            found = held.found()
            if found is None or found.st_size > MAX_READ_BYTES:
                return None
            text = held.read(MAX_READ_BYTES).decode("utf-8-sig")
    except (ToolError, OSError, UnicodeDecodeError):
        return None
    return None if "\0" in text else text.replace("\r\n", "\n")


def _named(request: str, workspace: Path, files: Sequence[str], without: Sequence[str]) -> list[str]:
    """The readable files that a request names: by the client, by `@file`, by name; at most `MAX_FILES`."""
    named = dict.fromkeys([*files, *spans.mentions(request), *spans.files(request)])
    apart = {PurePosixPath(path).as_posix() for path in without if path}
    kept = [path for path in named if PurePosixPath(path).as_posix() not in apart and read(workspace, path) is not None]
    return kept[:MAX_FILES]
