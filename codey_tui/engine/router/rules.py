"""The router's rules in the order in which they are asked; each names a kind of request and how surely, or passes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from codey_tui.engine.router import calc, spans, steps, tool_calls, tool_rules
from codey_tui.engine.router import vocabulary as words
from codey_tui.engine.router.named_tools import named_call
from codey_tui.engine.router.spelling import corrected
from codey_tui.protocol.models import RouteKind

MAX_CHARS = 4000
HELP = (
    "Tell me what to do in this folder, for example: Create Fibonacci function · read config.json · git status · "
    "Fix the bug in line 42 of main.py · Create a full-stack todo app with Flask backend and SQLite database."
)


class Ruling(NamedTuple):
    """What a rule decided; `rule` is its name."""

    rule: str
    kind: RouteKind
    confidence: float
    tool: str = ""
    args: dict[str, object] | None = None
    reply: str = ""


class Request(NamedTuple):
    """A request as the rules see it: as written, without politeness, and its words in lower case."""

    text: str
    bare: str
    words: list[str]
    workspace: Path
    tools: frozenset[str]

    @property
    def first(self) -> str:
        """The first word without politeness, or an empty string."""
        return self.words[0] if self.words else ""


Rule = Callable[[Request], Ruling | None]


def read(text: str, tools: frozenset[str], workspace: Path) -> Request:
    """A request in the form that the rules look at."""
    head = text[:MAX_CHARS].strip()
    bare = words.without_politeness(head)
    return Request(head, bare, spans.words(bare), workspace, tools)


def spelled(request: Request) -> Request:
    """A request with the words of orders spelled as the rules know them."""
    bare = corrected(request.bare)
    return request._replace(bare=bare, words=spans.words(bare))


def certain(request: Request) -> Ruling | None:
    """The ruling of the first exact rule that fits, or None: these are right wherever they speak."""
    return next((ruling for rule in EXACT if (ruling := rule(request))), None)


def likely(request: Request) -> Ruling | None:
    """What the request looks like by its first word and its nouns, or None; the confidence tells how much that says."""
    return next((ruling for rule in LIKELY if (ruling := rule(request))), None)


def unsure(request: Request, confidence: float = 0.3) -> Ruling:
    """The question back to the person where nobody knows."""
    reply = f"I am not sure what you want me to do with {_short(request.text)}. {HELP}"
    return Ruling("unsure", "clarify", confidence, reply=reply)


def _empty(request: Request) -> Ruling | None:
    """Nothing at all, or nothing that reads as words."""
    if not request.text:
        return Ruling("empty", "clarify", 1.0, reply=f"There is nothing to do in an empty request. {HELP}")
    if not request.words or (not request.bare.isascii() and not any(char.isalnum() for char in request.bare)):
        return Ruling("nonsense", "clarify", 0.9, reply=f"I cannot read a request in {_short(request.text)}. {HELP}")
    return None


def _greeting(request: Request) -> Ruling | None:
    """A greeting or a call for help."""
    spoken = spans.words(request.text)
    if spoken in (["help"], ["help", "me"], ["what", "can", "you", "do"], ["what", "do", "you", "do"]):
        return Ruling("help", "clarify", 1.0, reply=f"I write and edit code, run commands and answer questions. {HELP}")
    if len(spoken) == 1 and spoken[0] in words.SLASH_COMMANDS:
        return Ruling("slash", "clarify", 0.9, reply=f"Type /{spoken[0]} for that: it is a command of the workbench.")
    if (
        len(spoken) <= 3
        and words.GREETINGS.issuperset(spoken[:1])
        and "world" not in spoken
        and not words.CODE_VERBS.intersection(spoken)
        and "->" not in request.text
        and (spoken[0] not in ("ping", "test") or len(spoken) == 1)
    ):
        if not spans.files(request.text) and not words.CODE_NOUNS.intersection(spoken[1:]):
            return Ruling("greeting", "clarify", 0.9, reply=f"Hello. {HELP}")
    return None


def _calc(request: Request) -> Ruling | None:
    """Arithmetic."""
    body = calc.expression(request.bare)
    if body is None:
        return None
    return Ruling("calc", "calc", 1.0, args={"expression": body}, reply=calc.answer(body))


def _steps(request: Request) -> Ruling | None:
    """Several steps."""
    found = steps.split(request.text)
    return Ruling("steps", "steps", 0.95) if found else None


def _question(request: Request) -> Ruling | None:
    """A question: it begins like one, or ends with a question mark and does not begin with an order."""
    asks = request.text.rstrip().endswith("?")
    spoken = spans.words(request.text)
    last = spans.words(re.split(r"[.?!]\s+", request.text.strip())[-1])
    if last[:1] and last[0] in words.CREATE_VERBS and len(last) > 1:
        return None  # "is it a leap year? write that in Python"
    if words.ASKS_FOR_CODE.match(request.bare):
        return None
    politely = len(spoken) != len(request.words) and request.first in words.CODE_VERBS
    if request.first in words.QUESTION_WORDS or (request.first == "show" and "how" in request.words[1:3]):
        return Ruling("question-word", "question", 0.95 if asks else 0.9)
    if words.VERSUS.match(request.bare) and "game" not in request.words and request.first not in words.CODE_VERBS:
        return Ruling("question-word", "question", 0.9)
    if request.first in {"can", "could", "will"}:
        return Ruling("question-word", "question", 0.7)
    if asks and not politely and request.first not in words.CREATE_VERBS:
        return Ruling("question-mark", "question", 0.85)
    return None


def _then_edited(request: Request) -> Ruling | None:
    """`open a.py and fix the bug`: the file is read for its change."""
    found = words.READ_THEN.match(request.bare)
    verb = found["verb"].lower() if found else ""
    if found is None or verb not in words.EDIT_VERBS | {"add"} or not spans.looks_like_file(found["path"]):
        return None
    return None if found["it"] and verb in words.OF_FILES else Ruling("named-file", "code", 0.9)


def _tool(request: Request) -> Ruling | None:
    """A tool call whose tool exists; what a command line can do goes to the shell where its own tool is missing."""
    call = named_call(request.bare, request.tools) or tool_rules.tool_call(request.bare, request.workspace)
    return called(call, request, 0.95) if call else None


def _written(request: Request) -> Ruling | None:
    """An order that ends with the language of the file that does it."""
    if request.text.endswith("?") or request.first in words.QUESTION_WORDS | words.RUN_VERBS:
        return None
    if (
        request.words[-2:] == ["hello", "world"]
        and len(request.words) < 5
        and request.first not in words.STEP_VERBS | {"find"}
    ):
        return Ruling("program", "code", 0.9)
    return Ruling("written-in", "code", 0.9) if words.WRITTEN_IN.search(request.bare) else None


def called(call: tool_calls.ToolCall, request: Request, confidence: float) -> Ruling | None:
    """The ruling for a call: of its tool where that is registered, else of the shell if a command line does the same."""
    tool = normalise_tool(call.tool, request.tools)
    if not tool:
        return None
    if tool != call.tool:
        return (
            Ruling(call.rule, "tool", confidence, tool=tool, args={"command": call.command}) if call.command else None
        )
    return Ruling(call.rule, "tool", confidence, tool=tool, args=dict(call.args))


def _fullstack(request: Request) -> Ruling | None:
    """A whole web application."""
    if words.WEB_APP_NOUN.match(request.bare) and request.first not in words.CODE_VERBS | words.STEP_VERBS:
        return Ruling("web-application", "fullstack", 0.8)
    if request.first not in words.CREATE_VERBS and not words.FULLSTACK.search(request.bare):
        return None
    if words.FULLSTACK.search(request.bare) and request.first not in words.EDIT_VERBS:
        return Ruling("full-stack", "fullstack", 0.95)
    parts = sum(bool(part.search(request.bare)) for part in words.STACK_PARTS)
    if words.WEB_APP.search(request.bare):
        return Ruling("web-application", "fullstack", 0.9)
    return Ruling("stack-parts", "fullstack", 0.8) if words.APP.search(request.bare) and parts >= 2 else None


def _code(request: Request) -> Ruling | None:
    """An order to write or change code, or a question that wants code."""
    if words.ASKS_FOR_CODE.match(request.bare):
        return Ruling("asks-for-code", "code", 0.8)
    named = spans.files(request.bare)
    if request.first in words.CODE_VERBS and len(request.words) > 1:
        certain = bool(named) or bool(words.CODE_NOUNS.intersection(request.words))
        return Ruling("code-verb", "code", 0.9 if certain else 0.75)
    if named and words.TROUBLE.search(request.bare):
        return Ruling("named-file", "code", 0.75)
    if words.THING_FOR.match(request.bare):
        return Ruling("code-noun", "code", 0.75)
    if request.first in words.TASK_VERBS and len(request.words) > 2:
        return Ruling("task-verb", "code", 0.6)
    if named and len(request.words) > 2:
        return Ruling("named-file", "code", 0.6)
    if len(request.words) > 1 and words.CODE_NOUNS.intersection(request.words):
        return Ruling("code-noun", "code", 0.75 if request.first in {"a", "an"} else 0.6)
    if request.first in words.PROGRAMS or request.words == ["hello", "world"]:
        return Ruling("program", "code", 0.6)
    return None


def _loose_question(request: Request) -> Ruling | None:
    """Several words that no rule knows: better answered than guessed into a change of files."""
    return Ruling("words", "question", 0.4) if len(request.words) >= 4 and len(set(request.words)) >= 3 else None


def normalise_tool(name: str, tools: frozenset[str]) -> str:
    """The registered tool that `name` means (aliases, then the shell for what a command line can do), or nothing."""
    name = name.strip().lower()
    name = name if name in tools else words.TOOL_ALIASES.get(name, name)
    if name not in tools and name in words.SHELL_FALLBACK:
        name = "shell"
    return name if name in tools else ""


def _short(text: str) -> str:
    """A few words of a request, quoted and on one line."""
    line = re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
    return f"“{line[:40]}…”" if len(line) > 41 else f"“{line}”"


# Reading a file or listing a folder may be asked as a question ("what's in config.json?"), so that tools come first;
# the patterns of tools fit whole requests only.
EXACT: tuple[Rule, ...] = (_empty, _greeting, _calc, _steps, _then_edited, _tool, _written)
LIKELY: tuple[Rule, ...] = (_question, _fullstack, _code, _loose_question)
