"""Who decides a request: the exact rules, then the linear model beside what the words suggest, or a language model's opinion."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from codey_tui.engine.router import rules
from codey_tui.engine.router.linear import Guess, Linear
from codey_tui.engine.router.rules import Request, Ruling
from codey_tui.engine.router.tool_calls import ToolCall
from codey_tui.engine.router.wording import respelled, worded_call
from codey_tui.engine.router.wording_parts import Parts
from codey_tui.protocol.models import RouteKind


class Opinion(NamedTuple):
    """What a language model says that a request is, how surely (0..1), and its id; a call where it names a `tool`."""

    by: str
    kind: RouteKind
    confidence: float
    tool: str = ""
    args: dict[str, object] | None = None


class Counsel(NamedTuple):
    """A language model beside the rules. `ask` gives its opinion of a request, None where it has none. It is asked where
    the linear model hesitates, or, with `instead`, in the linear model's place."""

    ask: Callable[[str], Opinion | None]
    instead: bool = False


TOOL_ORDER = ("sqlite", "git", "search", "file", "shell")
TOOLS = frozenset(TOOL_ORDER)
KINDS: Mapping[str, RouteKind] = {
    "calc": "calc",
    "question": "question",
    "code": "code",
    "steps": "steps",
    "fullstack": "fullstack",
    "clarify": "clarify",
    "git": "tool",
    "file": "tool",
    "shell": "tool",
    "search": "tool",
    "sqlite": "tool",
}
"""The model's labels and the kind of request of each: a tool call is labelled with its tool."""

ACT = 0.35
"""The least margin with which the model overrules what the words suggest."""
KNOW = 0.2
"""The least margin with which the model decides where the words suggest nothing; below it the person is asked."""
CRUMB = 0.02
"""The least probability of a label that is tried."""
FIRM = 0.75
"""A suggestion at least this sure stands where the model hesitates."""


def choose(
    text: str, tools: frozenset[str], workspace: Path, model: Linear | None, counsel: Counsel | None
) -> tuple[str, Ruling]:
    """Who decided and what."""
    request = rules.read(text, tools, workspace)
    ruling = rules.certain(request)
    if ruling is not None:
        return f"rule:{ruling.rule}", ruling
    request = rules.spelled(request)
    likely = rules.likely(request)
    if counsel is not None and counsel.instead and (opinion := counsel.ask(request.text)):
        if ruling := _said(opinion, request, likely, TOOL_ORDER):
            return opinion.by, ruling
    if model is None:
        return _stands(request, likely)
    guess = model.guess(request.bare, likely.rule if likely else "")
    margin, kinds = _by_kind(guess)
    if margin < KNOW and counsel is not None and not counsel.instead:
        opinion = counsel.ask(request.text)
        if opinion and (ruling := _said(opinion, request, likely, guess.ranking)):
            return opinion.by, ruling
    firm = likely is not None and likely.confidence >= FIRM
    if margin >= (ACT if firm else KNOW) and (ruling := _best(guess, kinds, margin, request, likely)):
        if likely is not None and ruling.kind == likely.kind and firm:
            return _stands(request, likely)
        return "linear", ruling
    return _stands(request, likely if firm else None)


def forced(text: str, kind: RouteKind, tools: frozenset[str], workspace: Path) -> Ruling:
    """The ruling of a kind that a person has named, or the question back where the request has not what it takes."""
    request = rules.read(text, tools, workspace)
    ruling = rules.certain(request)
    if ruling is not None and ruling.kind == kind:
        return ruling
    ruling = _any_call(request, TOOL_ORDER, 1.0) if kind == "tool" else _as(kind, request, rules.likely(request), 1.0)
    if ruling is not None:
        return ruling
    missing = {"tool": "no call of a tool", "calc": "no sum", "steps": "no separate steps"}.get(
        kind, "nothing of that kind"
    )
    return Ruling("person", "clarify", 1.0, reply=f"I found {missing} in that request. Put it in other words.")


def _said(opinion: Opinion, request: Request, likely: Ruling | None, ranking: Sequence[str]) -> Ruling | None:
    """The ruling that carries an opinion out, or None where the request has not what that takes."""
    if opinion.kind != "tool":
        return _as(opinion.kind, request, likely, opinion.confidence)
    if opinion.tool:
        return rules.called(ToolCall(opinion.by, opinion.tool, opinion.args or {}), request, opinion.confidence)
    return _any_call(request, ranking, opinion.confidence)


def _any_call(request: Request, ranking: Sequence[str], confidence: float) -> Ruling | None:
    """The first call that the request can be read as."""
    calls = (_as(label, request, None, confidence) for label in ranking if label in TOOLS)
    return next((call for call in calls if call), None)


def _stands(request: Request, likely: Ruling | None) -> tuple[str, Ruling]:
    """What the words suggest, or the question back."""
    ruling = likely or rules.unsure(request)
    return f"rule:{ruling.rule}", ruling


def _by_kind(guess: Guess) -> tuple[float, list[RouteKind]]:
    """How far the best kind lies above the second, and the kinds, the best first. The two best tools count together: that a
    tool is meant may be clear where two of them fit."""
    odds: dict[RouteKind, float] = {}
    tools = 0
    for label, share in zip(guess.ranking, guess.odds, strict=True):
        tools += label in TOOLS
        if label not in TOOLS or tools <= 2:
            odds[KINDS[label]] = odds.get(KINDS[label], 0.0) + share
    order = sorted(odds, key=odds.__getitem__, reverse=True)
    return odds[order[0]] - sum(odds[kind] for kind in order[1:2]), order


def _best(
    guess: Guess, kinds: list[RouteKind], margin: float, request: Request, likely: Ruling | None
) -> Ruling | None:
    """The ruling for the model's best kind; where the request has not what that takes, for the next one."""
    for place, kind in enumerate(kinds[:2]):
        confidence = margin if not place else min(margin, KNOW)
        for label, share in zip(guess.ranking, guess.odds, strict=True):
            if KINDS[label] == kind and share >= CRUMB and (ruling := _as(label, request, likely, confidence)):
                return ruling
        if kind != "tool":
            return None
    return None


def _as(label: str, request: Request, likely: Ruling | None, confidence: float) -> Ruling | None:
    """The ruling that carries out a label, or None where the request has not what that takes."""
    kind = KINDS[label]
    if likely is not None and likely.kind == kind:
        return likely._replace(confidence=max(likely.confidence, confidence))
    if kind == "clarify":
        return rules.unsure(request, confidence)
    if kind == "tool":
        call = worded_call(label, Parts(respelled(request.bare), request.workspace))
        return rules.called(call, request, confidence) if call else None
    if kind in ("calc", "steps"):
        return None  # the exact rules have found neither an expression nor steps
    return Ruling("linear", kind, confidence)
