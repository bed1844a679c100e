"""A language model in the place of the router's linear model: it says one call, held to a grammar of the tools there are."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from codey_tui.engine import prompts
from codey_tui.engine.router import Opinion
from codey_tui.inference.provider import ChatTurn, Finished, GenerateRequest, Provider, Token
from codey_tui.protocol.models import RouteKind
from codey_tui.tools.base import Tool, ToolError
from codey_tui.tools.call_forms import FUNCTIONGEMMA, CallForm, NoCall
from codey_tui.tools.grammar import tool_call_grammar
from codey_tui.tools.registry import ToolBox
from codey_tui.tools.schemas import function_of, operations_of, schema_of

KINDS: Mapping[str, tuple[RouteKind, str]] = {
    "answer_question": ("question", "Answer a question or explain something in words. Nothing is changed or run."),
    "write_code": ("code", "Write, change or mend program code."),
    "build_application": ("fullstack", "Build a whole web application with pages and a database."),
    "ask_back": ("clarify", "Ask what is meant, where a request is not clear."),
}
"""What a request may be besides a call of a tool, as functions without arguments; the rules have found sums and steps."""
MAX_TOKENS = 300
"""Tokens of an answer; one that is longer is cut off and does not count."""
MAX_TEXT = 300
MAX_ITEMS = 8


@dataclass(frozen=True)
class RouterModel:
    """Which model it is and how it writes calls. `problem` says why there is no memory for it even when all others make way, a
    sentence; empty where there is. It blocks."""

    model: str
    form: CallForm
    problem: Callable[[], str]


class ModelRouter:
    """Asks the model. Its grammar and its description of the tools are made once; texts have at most `max_text` characters."""

    def __init__(self, chosen: RouterModel, tools: ToolBox, *, max_text: int = MAX_TEXT) -> None:
        self.chosen = chosen
        self._tools = tools
        usable = [tool for tool in tools.tools if tool.name not in KINDS and _has_grammar(tool, chosen.form)]
        self._grammar = tool_call_grammar(
            usable, form=chosen.form, plain=tuple(KINDS), max_text=max_text, max_items=MAX_ITEMS
        )
        self._functions = (*map(function_of, usable), *_plain_functions())
        self._system = prompts.router(_lines(usable))

    def request(self, text: str) -> GenerateRequest:
        """What the model is asked, in the form it was trained on."""
        user = ChatTurn(role="user", text=text)
        if self.chosen.form is FUNCTIONGEMMA:
            messages = (ChatTurn(role="developer", text=prompts.text("functions")), user)
            functions = self._functions
        else:
            messages = (ChatTurn(role="system", text=self._system), user)
            functions = ()
        return GenerateRequest(messages=messages, functions=functions, grammar=self._grammar, max_tokens=MAX_TOKENS)

    async def ask(self, text: str, provider: Provider) -> Opinion | None:
        """The model's opinion; None where its call cannot be used. Loads the model when needed. Raises `InferenceError`."""
        said = ""
        async with aclosing(provider.generate(self.request(text))) as events:
            async for event in events:
                if isinstance(event, Token):
                    said += event.text
                elif isinstance(event, Finished):
                    return self.opinion(said, text, math.exp(min(event.mean_logprob, 0.0)))
        return None

    def opinion(self, said: str, text: str, confidence: float) -> Opinion | None:
        """What an answer says of a request; None where it was cut short or its arguments are not the request's."""
        try:
            name, args = self.chosen.form.read(said)
            if name in KINDS:
                return Opinion(self.chosen.model, KINDS[name][0], confidence)
            tool = self._tools.find(name)
            self._tools.decode(tool, args)
        except (NoCall, ToolError):
            return None  # a call that was cut off, or that the tool refuses: the linear model decides instead
        if not _is_from(args, text, schema_of(tool)):
            return None
        return Opinion(self.chosen.model, "tool", confidence, tool.name, args)


def _has_grammar(tool: Tool, form: CallForm) -> bool:
    """Whether the tool's arguments have a form that a grammar can hold a model to."""
    try:
        tool_call_grammar((tool,), form=form)
    except ValueError:
        return False
    return True


def _is_from(args: Mapping[str, Any], text: str, schema: Mapping[str, Any]) -> bool:
    """Whether every text among the arguments is in the request, or one of a fixed choice: a model may pick what a person
    wrote, never make up a path or a command."""
    said = text.casefold()
    for name, value in args.items():
        field = schema["properties"].get(name, {})
        if "enum" in field or value == field.get("default"):
            continue
        texts = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]  # pyright: ignore[reportUnknownVariableType]
        if not all(item.strip() and item.strip().casefold() in said for item in texts):
            return False
    return True


def _plain_functions() -> list[dict[str, Any]]:
    empty: dict[str, Any] = {"type": "object", "properties": {}}
    return [
        {"type": "function", "function": {"name": name, "description": meaning, "parameters": empty}}
        for name, (_, meaning) in KINDS.items()
    ]


def _lines(tools: Sequence[Tool]) -> str:
    """A line for each function: its name, its arguments, what it is for."""
    lines: list[str] = []
    for tool in tools:
        operations = operations_of(tool)
        uses = [f"op={op}" + "".join(f", {name}" for name in fields.needs) for op, fields in operations.items()]
        needed = uses or [", ".join(schema_of(tool).get("required", ()))]
        lines.append(f"{tool.name}: {tool.summary} Arguments: {'; '.join(needed)}.")
    return "\n".join((*lines, *(f"{name}: {meaning} No arguments." for name, (_, meaning) in KINDS.items())))
