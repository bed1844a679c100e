"""The two forms in which a model may write a tool call, and how each is read: JSON, and FunctionGemma's own notation.

JSON: `{"tool": "file", "args": {"op": "read", "path": "a.py"}}`. FunctionGemma: a call between two control tokens, with a
third one around every text, `<start_function_call>call:file{op:<escape>read<escape>}<end_function_call>`
(https://ai.google.dev/gemma/docs/functiongemma/formatting-and-best-practices).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import msgspec


class NoCall(ValueError):
    """A text is no call in this form; the sentence says what is wrong."""


@dataclass(frozen=True)
class CallForm:
    """How a call is written. `char` is what a text may hold, as a rule of llama.cpp's GBNF; `control` are the control
    tokens of the notation, which a model has to say as text; `read` gives name and arguments and raises `NoCall`."""

    name: str
    head: Callable[[str], str]
    tail: str
    key: Callable[[str], str]
    constant: Callable[[Any], str]
    comma: str
    quote: str
    char: str
    control: tuple[str, ...]
    read: Callable[[str], tuple[str, dict[str, Any]]]


def _read_json(text: str) -> tuple[str, dict[str, Any]]:
    try:
        found: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise NoCall(f"This is no call in JSON: {error}.") from error
    if isinstance(found, dict):
        whole = cast("dict[str, Any]", found)
        name, args = whole.get("tool"), whole.get("args")
        if isinstance(name, str) and isinstance(args, dict):
            return name, cast("dict[str, Any]", args)
    raise NoCall("This JSON has no tool and no arguments.")


_START, _END, _ESCAPE = "<start_function_call>", "<end_function_call>", "<escape>"
_CALL = re.compile(rf"\s*{_START}call:(?P<name>\w+)(?=\{{)")
_KEY = re.compile(r"(\w+):")
_TEXT = re.compile(rf"{_ESCAPE}(.*?){_ESCAPE}", re.DOTALL)
_BARE = re.compile(r"-?\d+(?:\.\d+)?|true|false")


class _Reader:
    """Reads FunctionGemma's notation from a place in a text."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at

    def take(self, mark: str) -> bool:
        """Step over a mark, if it stands here."""
        if not self._text.startswith(mark, self._at):
            return False
        self._at += len(mark)
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise NoCall(f"{mark!r} is missing at character {self._at} of this call.")

    def members(self) -> dict[str, Any]:
        """An object, from its brace to its brace."""
        self.expect("{")
        found: dict[str, Any] = {}
        while not self.take("}"):
            if found:
                self.expect(",")
            key = self._match(_KEY)
            found[key[1]] = self._value()
        return found

    def _value(self) -> Any:
        if self.take("["):
            items: list[Any] = []
            while not self.take("]"):
                if items:
                    self.expect(",")
                items.append(self._value())
            return items
        if self._text.startswith(_ESCAPE, self._at):
            return self._match(_TEXT)[1]
        return json.loads(self._match(_BARE)[0])

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise NoCall(f"This call cannot be read from character {self._at}.")
        self._at = match.end()
        return match


def _read_functiongemma(text: str) -> tuple[str, dict[str, Any]]:
    match = _CALL.match(text)
    if match is None:
        raise NoCall("This is no call in FunctionGemma's notation.")
    reader = _Reader(text, match.end())
    args = reader.members()
    reader.expect(_END)
    return match["name"], args


def _escaped(value: Any) -> str:
    return f"{_ESCAPE}{value}{_ESCAPE}" if isinstance(value, str) else json.dumps(value)


JSON = CallForm(
    name="json",
    head=lambda name: '{"tool": ' + json.dumps(name) + ', "args": ',
    tail="}",
    key=lambda name: json.dumps(name) + ": ",
    constant=json.dumps,
    comma=", ",
    quote='"',
    char=r'[^"\\\x00-\x1F\x7F] | "\\" ["\\/bfnrt]',
    control=(),
    read=_read_json,
)
FUNCTIONGEMMA = CallForm(
    name="functiongemma",
    head=lambda name: f"{_START}call:{name}",
    tail=_END,
    key=lambda name: f"{name}:",
    constant=_escaped,
    comma=",",
    quote=_ESCAPE,
    # nothing that could begin the token that ends the text
    char=r'[^<\x00-\x1F\x7F] | "<" [^<e\x00-\x1F\x7F]',
    control=(_START, _END, _ESCAPE),
    read=_read_functiongemma,
)
FORMS = {form.name: form for form in (JSON, FUNCTIONGEMMA)}


def form_of(chat_template: str) -> CallForm:
    """The form that a model was trained on, by the chat template in its file."""
    return FUNCTIONGEMMA if "<start_function_declaration>" in chat_template else JSON
