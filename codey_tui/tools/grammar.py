"""A grammar in llama.cpp's GBNF that lets a model say one tool call and nothing else: a real tool with valid arguments.

Texts and lists are bounded, so that every call comes to an end. The notation is described in llama.cpp's
grammars/README.md, the forms of a call in `call_forms`.
"""

import re
from collections.abc import Sequence
from typing import Any

from codey_tui.tools.base import Fields, Tool
from codey_tui.tools.call_forms import JSON, CallForm
from codey_tui.tools.schemas import operations_of, schema_of

MAX_TEXT = 1500
"""Characters of a text argument; llama.cpp refuses repetitions of more than 2,000."""
MAX_ITEMS = 16
_MAX_DIGITS = 6


def tool_call_grammar(
    tools: Sequence[Tool],
    *,
    form: CallForm = JSON,
    plain: Sequence[str] = (),
    max_text: int = MAX_TEXT,
    max_items: int = MAX_ITEMS,
) -> str:
    """The grammar of one call of one of the tools, or of one of the `plain` names, which take no arguments.

    Raises ValueError for a schema that has no form here.
    """
    if not tools and not plain:
        raise ValueError("A grammar needs at least one tool.")
    writer = _Writer(form, max_text, max_items)
    calls: list[str] = []
    for tool in tools:
        rule = f"call-{_slug(tool.name)}"
        writer.rules[rule] = f"{_quoted(form.head(tool.name))} {writer.arguments(tool)} {_quoted(form.tail)}"
        calls.append(rule)
    calls += [_quoted(f"{form.head(name)}{{}}{form.tail}") for name in plain]
    lines = [f"root ::= {' | '.join(calls)}", *(f"{name} ::= {body}" for name, body in writer.rules.items())]
    return "\n".join(lines) + "\n"


class _Writer:
    """Collects rules by name; the same value in two places is one rule."""

    def __init__(self, form: CallForm, max_text: int, max_items: int) -> None:
        self.rules: dict[str, str] = {"char": form.char}
        self._form = form
        self._comma = _quoted(form.comma)
        self._max_text = max_text
        self._max_items = max_items

    def arguments(self, tool: Tool) -> str:
        """The rule for a tool's arguments: an object, or one of several by operation."""
        schema = schema_of(tool)
        operations = operations_of(tool)
        if not operations:
            return self._object(tool.name, schema, None)
        rules = [self._object(tool.name, schema, op, fields) for op, fields in operations.items()]
        name = f"{_slug(tool.name)}-args"
        self.rules[name] = " | ".join(rules)
        return name

    def _object(self, owner: str, schema: dict[str, Any], op: str | None, fields: Fields | None = None) -> str:
        """Required properties in their order, then each of the others or not; `op` fixes the operation."""
        properties: dict[str, Any] = schema.get("properties", {})
        required = tuple(schema.get("required", ())) if fields is None else fields.needs
        optional = tuple(name for name in properties if name not in required) if fields is None else fields.takes
        parts = [self._member("op", _quoted(self._form.constant(op)))] if op is not None else []
        named = [name for name in required if name != "op" or op is None]
        parts += [self._member(name, self._value(owner, name, _filled(properties[name]))) for name in named]
        extra = [self._member(name, self._value(owner, name, properties[name])) for name in optional]
        body = f" {self._comma} ".join(parts)
        if parts:
            body += "".join(f" ({self._comma} {member})?" for member in extra)
        elif extra:
            body = self._any_of_members(extra)
        name = f"{_slug(owner)}-{_slug(op)}" if op is not None else f"{_slug(owner)}-args"
        self.rules[name] = f"{_quoted('{')} {body} {_quoted('}')}"
        return name

    def _any_of_members(self, members: list[str]) -> str:
        """Members of which none is required: the first of those that come has no comma before it."""
        starts: list[str] = []
        for at, member in enumerate(members):
            rest = "".join(f" ({self._comma} {later})?" for later in members[at + 1 :])
            starts.append(f"{member}{rest}")
        return f"({' | '.join(starts)})?"

    def _member(self, name: str, value: str) -> str:
        return f"{_quoted(self._form.key(name))} {value}"

    def _value(self, owner: str, field: str, schema: dict[str, Any]) -> str:
        """The rule or text for a value. Raises ValueError for what has none."""
        if "enum" in schema:
            return f"({' | '.join(_quoted(self._form.constant(value)) for value in schema['enum'])})"
        if "anyOf" in schema:
            kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
            return f"({' | '.join(self._value(owner, field, kind) for kind in kinds)})"
        match schema.get("type"):
            case "string":
                low, high = schema.get("minLength", 0), min(schema.get("maxLength", self._max_text), self._max_text)
                return self._text(low, max(low, high))
            case "boolean":
                return f"({_quoted('true')} | {_quoted('false')})"
            case "integer":
                return self._whole(schema)
            case "number":
                digits = f'("0" | [1-9] [0-9]{{0,{_MAX_DIGITS - 1}}})'
                return f'{digits} ("." [0-9]{{1,3}})?'
            case "array":
                return self._list(owner, field, schema)
            case other:
                raise ValueError(f"The argument {field} of the tool {owner} has a type without a grammar: {other}.")

    def _text(self, low: int, high: int) -> str:
        name = f"text-{low}-{high}"
        quote = _quoted(self._form.quote)
        self.rules[name] = f"{quote} char{{{low},{high}}} {quote}"
        return name

    def _list(self, owner: str, field: str, schema: dict[str, Any]) -> str:
        item = self._value(owner, field, _filled(schema.get("items", {"type": "string"})))
        low, high = schema.get("minItems", 0), min(schema.get("maxItems", self._max_items), self._max_items)
        more = f"({self._comma} {item}){{{max(low - 1, 0)},{max(high - 1, 0)}}}"
        inner = f"{item} {more}" if low else f"({item} {more})?"
        return f"{_quoted('[')} {inner} {_quoted(']')}"

    def _whole(self, schema: dict[str, Any]) -> str:
        """Whole numbers from `minimum` to `maximum`, exactly; without a maximum up to six digits."""
        low = max(int(schema.get("minimum", 0)), 0)
        high = int(schema.get("maximum", 10**_MAX_DIGITS - 1))
        return f"({' | '.join(_ranges(low, high))})"


def _ranges(low: int, high: int) -> list[str]:
    """Patterns that together fit the numbers from `low` to `high`, both included, and no others."""
    patterns: list[str] = []
    while low <= high:
        end = low
        step = 1
        while low % (step * 10) == 0 and low + step * 10 - 1 <= high and len(str(low)) == len(str(low + step * 10 - 1)):
            step *= 10
        end = low + step - 1
        digit = (low // step) % 10
        while digit < 9 and end + step <= high and len(str(end + step)) == len(str(low)):
            digit, end = digit + 1, end + step
        patterns.append(_pattern(str(low), str(end)))
        low = end + 1
    return patterns


def _pattern(first: str, last: str) -> str:
    """Digits by place: the same in both, or a range."""
    return " ".join(_quoted(a) if a == b else f"[{a}-{b}]" for a, b in zip(first, last, strict=True))


def _filled(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that has to be there: texts and lists of it are not empty."""
    match schema.get("type"):
        case "string":
            return {**schema, "minLength": max(1, schema.get("minLength", 0))}
        case "array":
            return {**schema, "minItems": max(1, schema.get("minItems", 0))}
        case _:
            return schema


def _quoted(text: str) -> str:
    """A literal of the grammar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "x"
