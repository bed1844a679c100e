"""Small edits of a Python file, bound to slots: a function's documentation, its type hints, another name, a route of a Flask app.

The model sees and writes slots for what must be copied exactly (the line of the definition, the lines that hold a name), so that its
search/replace blocks match the file to the byte.
"""

import ast
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from codey_tui.engine.slots.binding import Binding
from codey_tui.engine.slots.names import name_in

MAX_LINES = 6
MAX_PARAMETERS = 5
_DOCUMENT = re.compile(r"\b(?:doc[- ]?strings?|document(?:ation|s|ing)?|docs?)\b", re.IGNORECASE)
_HINT = re.compile(r"\b(?:type[- ]?hints?|annotat(?:e|es|ed|ing|ions?)|typ(?:e|ed|ing)s?)\b", re.IGNORECASE)
_RENAME = re.compile(
    r"\b(?:renam(?:e|es|ing)|chang(?:e|es|ing)|call|switch|turn)\b.*?(?<![\w])(?P<old>(?!(?:names?|uses?|occurrences?)\s+of\b)[A-Za-z_]\w*)(?:\(\))?[`'\"]?"
    r"\s+(?:function\s+|method\s+|class\s+)?(?:(?:in|of|from|inside|within)\s+(?:the\s+)?(?:file\s+)?[`'\"]?[\w./-]+[`'\"]?,?\s+)?(?:everywhere\s+)?(?:to|into|as|->|=>|→)\s+(?:be\s+called\s+)?[`'\"]?(?P<new>[A-Za-z_]\w*)",
    re.IGNORECASE | re.DOTALL,
)

_RENAMED = re.compile(
    r"(?<![\w])(?P<old>(?!(?:it|this|that|which|name|function|method|class|variable|file|to)\b)[A-Za-z_]\w*)(?:\(\))?[`'\"]?\s+"
    r"(?:(?:function|method|class)\s+)?(?:(?:in|of|from|inside)\s+(?:the\s+)?(?:file\s+)?[`'\"]?[\w./-]+[`'\"]?,?\s+)?"
    r"(?:(?:(?:should|must|shall|(?:needs?|has|have|is|ought)\s+to|to)\s+be\s+)?renamed\s+(?:to|into|as|->|=>|→)|"
    r"(?:should|must|shall|(?:needs?|has|have|is|ought)\s+to)\s+be\s+(?:called|named))\s+[`'\"]?(?P<new>[A-Za-z_]\w*)(?![\w./])",
    re.IGNORECASE,
)
_ROUTE = re.compile(r"\b(?:routes?|endpoints?|views?)\b", re.IGNORECASE)
_START = 'if __name__ == "__main__":'

Function = ast.FunctionDef | ast.AsyncFunctionDef


class EditUnbound(Exception):
    """The edit cannot be done in this way; the sentence says why."""


@dataclass(frozen=True)
class BoundEdit:
    """An edit with its slots bound, and what the model is shown in place of the file."""

    binding: Binding
    shown: str


def edited_function(request: str, text: str) -> bool:
    """Whether `request` is one of these edits, of a function or class that the Python file `text` defines."""
    if not (_renaming(request) or _DOCUMENT.search(request) or _HINT.search(request)):
        return False
    return any(re.search(rf"(?<!\w){name}(?!\w)", request) for name in defined(text))


def defined(text: str) -> list[str]:
    """The functions, methods and classes that the Python text defines, also where it does not compile."""
    return re.findall(r"^\s*(?:async\s+def|def|class)\s+(\w+)", text, re.MULTILINE)


def _renaming(request: str) -> re.Match[str] | None:
    """The old and the new name in an order to rename, or in a wish: `load should be called read`."""
    return _RENAME.search(request) or _RENAMED.search(request)


def bind_edit(request: str, text: str) -> BoundEdit | None:
    """The slots of an edit of the Python file `text`, or None when it is none of these kinds, or names no function of the file.

    Raises `EditUnbound` when the file cannot be read as Python, or has what is asked for already.
    """
    if _ROUTE.search(request) and "app = Flask(" in text:
        return _route(text)
    wanted = _renaming(request)
    document, hint = _DOCUMENT.search(request), _HINT.search(request)
    renames = wanted is not None and bool(re.search(rf"(?<!\w){wanted['old']}(?!\w)", text))
    if not (renames or document or hint):
        return None
    try:
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, Function)]
    except (SyntaxError, ValueError) as error:
        raise EditUnbound(f"The file cannot be read as Python ({error}). Mend that first.") from error
    if wanted is not None and renames:
        return _rename(wanted["old"], wanted["new"], text)
    function = _function_of(request, functions)
    if function is None:
        return None
    return _document(function, text) if document else _hints(function, text)


def _route(text: str) -> BoundEdit:
    """A place for a route: right before the start of the program."""
    if text.count(_START) != 1:
        raise EditUnbound(f"The file has no line {_START} before which a route could stand.")
    if re.search(r"^def hello\b", text, re.MULTILINE):
        raise EditUnbound("There is a function hello in the file already.")
    return BoundEdit(Binding({"l1": _START}), "app = Flask(__name__)\n<|l1|>")


def _function_of(request: str, functions: list[Function]) -> Function | None:
    """The function that a request names, else the only one of the file."""
    named = [node for node in functions if re.search(rf"(?<!\w){re.escape(node.name)}(?!\w)", request)]
    if named:
        return max(named, key=lambda node: len(node.name))
    return functions[0] if len(functions) == 1 and not name_in(request) else None


def _head(function: Function, text: str) -> tuple[list[str], str]:
    """The lines from `def` up to the colon, and the indentation of the body. Raises `EditUnbound`."""
    lines = text.splitlines()
    first, body = function.lineno - 1, function.body[0].lineno - 1
    if body == first:
        raise EditUnbound(f"{function.name} stands on one line. Give its body lines of their own first.")
    end = next(i for i in range(body, first, -1) if lines[i - 1].split("#")[0].rstrip().endswith(":"))
    head = lines[first:end]
    if text.count("\n".join(head)) > 1:
        raise EditUnbound(f"The definition of {function.name} stands in the file more than once.")
    return head, " " * function.body[0].col_offset


def _document(function: Function, text: str) -> BoundEdit:
    if ast.get_docstring(function) is not None:
        raise EditUnbound(f"{function.name} has a docstring already.")
    head, indent = _head(function, text)
    values = {"fn": function.name, "l1": "\n".join(head), "in": indent, "doc": _sentence(function)}
    return BoundEdit(Binding(values, {function.name: "fn"}), "<|l1|>")


def _sentence(function: Function) -> str:
    """What a function's name says, as a sentence: `load_users(path)` is `Load users from path`."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", function.name) or [function.name]
    words = [part.lower() for part in parts]
    if words[0] in {"is", "has", "can", "should"}:
        rest = " ".join(words[1:])
        start = {"is": "it is", "has": "it has", "can": "it can", "should": "it should"}[words[0]]
        return f"Return whether {start} {rest}".rstrip()
    return " ".join(words).capitalize()


def _hints(function: Function, text: str) -> BoundEdit:
    args = function.args
    plain = [*args.posonlyargs, *args.args]
    if args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs or len(plain) > MAX_PARAMETERS:
        raise EditUnbound(f"{function.name} has more parameters, or of other kinds, than this model hints.")
    if function.returns is not None or any(arg.annotation for arg in plain):
        raise EditUnbound(f"{function.name} has type hints already.")
    head, _ = _head(function, text)
    if len(head) > 1 or "#" in head[0]:
        raise EditUnbound(f"The definition of {function.name} does not stand on one line.")
    start = " " * function.col_offset + ("async " if isinstance(function, ast.AsyncFunctionDef) else "")
    values = {"fn": function.name, "l1": head[0], "in": start}
    defaults = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    shown = ["<|l1|>"]
    for number, (arg, default) in enumerate(zip(plain, defaults, strict=True), 1):
        values[f"a{number}"] = arg.arg
        values[f"v{number}"] = "" if default is None else f" = {ast.unparse(default)}"
        line = f"<|a{number}|> {' '.join(_words(arg.arg))}"
        shown.append(line if default is None else f"{line} = {_kind(default)}")
    shown.append(f"return {_returned(function)}")
    return BoundEdit(Binding(values, {function.name: "fn"}), "\n".join(shown))


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+|\d+", name.lower()) or [name]


def _returned(function: Function) -> str:
    """The kind of what a function returns, in one word; `nothing` when it returns no value."""
    inner = {id(node) for other in ast.walk(function) if isinstance(other, Function | ast.Lambda) and other is not function for node in ast.walk(other)}  # fmt: skip
    nodes = [node for node in ast.walk(function) if id(node) not in inner]
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes):
        return "yield"
    known = _assigned(nodes)
    kinds = {_kind(node.value, known) for node in nodes if isinstance(node, ast.Return) and node.value is not None}
    if not kinds:
        return "nothing"
    return kinds.pop() if len(kinds) == 1 else "object"


_CALLS = {
    "len": "int", "int": "int", "sum": "float", "round": "int", "abs": "float", "float": "float", "str": "str", "sorted": "list", "list": "list", "dict": "dict",
    "set": "set", "tuple": "tuple", "bool": "bool", "any": "bool", "all": "bool", "isinstance": "bool", "join": "str", "upper": "str", "lower": "str", "strip": "str",
    "format": "str", "replace": "str", "title": "str", "split": "list", "read": "str", "splitlines": "list", "startswith": "bool", "endswith": "bool", "read_text": "str",
}  # fmt: skip


_LITERALS: tuple[tuple[type[ast.expr], str], ...] = (
    (ast.JoinedStr, "str"), (ast.List, "list"), (ast.ListComp, "list"), (ast.Dict, "dict"), (ast.DictComp, "dict"), (ast.Set, "set"),
    (ast.SetComp, "set"), (ast.Tuple, "tuple"), (ast.Compare, "bool"),
)  # fmt: skip


def _kind(node: ast.expr, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """The kind of value that an expression has, as far as it shows: int, str, bool, list ... or object. `known` holds those of names."""
    kind = next((name for form, name in _LITERALS if isinstance(node, form)), "object")
    match node:
        case ast.Constant(value=value):
            kind = "None" if value is None else type(value).__name__
        case ast.Name(id=name):
            kind = known.get(name, "object")
        case ast.UnaryOp(op=op, operand=inner):
            kind = "bool" if isinstance(op, ast.Not) else _kind(inner, known)
        case ast.BoolOp(values=values):
            kinds = {_kind(value, known) for value in values}
            kind = kinds.pop() if len(kinds) == 1 else "object"
        case ast.BinOp():
            kind = _kind_of_operation(node, known)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            kind = _CALLS.get(name, "object")
        case _:
            pass
    return kind


def _kind_of_operation(node: ast.BinOp, known: Mapping[str, str]) -> str:
    kinds = {_kind(node.left, known), _kind(node.right, known)}
    if isinstance(node.op, ast.Div):
        return "float"
    if isinstance(node.op, ast.Add | ast.Mod | ast.Mult) and (same := kinds & {"str", "list"}):
        return same.pop()
    return "int" if kinds == {"int"} else "float"


def _assigned(nodes: Sequence[ast.AST]) -> dict[str, str]:
    """The kinds of names that are only ever given values of one kind."""
    found: dict[str, set[str]] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.setdefault(name, set()).add(_kind(value))
            case _:
                pass
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1}


def _rename(old: str, new: str, text: str) -> BoundEdit:
    if not new.isidentifier() or old == new:
        raise EditUnbound(f"“{new}” cannot be the new name of {old}.")
    lines = text.splitlines()
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, IndentationError) as error:
        raise EditUnbound(f"The file cannot be read as Python ({error}). Mend that first.") from error
    if any(token.type == tokenize.NAME and token.string == new for token in tokens):
        raise EditUnbound(f"There is a “{new}” in the file already.")
    spots = [token.start for token in tokens if token.type == tokenize.NAME and token.string == old]
    if not spots:
        raise EditUnbound(f"There is no name “{old}” in the code of this file.")
    changed = dict.fromkeys(sorted({row - 1 for row, _ in spots}))
    hunks = _hunks(list(changed), lines)
    if len(hunks) > MAX_LINES:
        raise EditUnbound(
            f"{old} stands in {len(changed)} lines; this model renames what stands in at most {MAX_LINES}."
        )
    values = {"fn": old, "to": new}
    for number, (first, last) in enumerate(hunks, 1):
        after = list(lines)
        for row, column in sorted(spots, reverse=True):
            line = after[row - 1]
            after[row - 1] = line[:column] + new + line[column + len(old) :]
        values[f"l{number}"] = "\n".join(lines[first : last + 1])
        values[f"r{number}"] = "\n".join(after[first : last + 1])
    shown = "\n".join(f"<|l{number}|>" for number in range(1, len(hunks) + 1))
    return BoundEdit(Binding(values, {old: "fn", new: "to"}), shown)


def _hunks(rows: list[int], lines: list[str]) -> list[tuple[int, int]]:
    """Runs of lines (first, last) that hold `rows`, each long enough to stand in the file only once."""
    hunks: list[tuple[int, int]] = []
    whole = "\n" + "\n".join(lines) + "\n"
    for row in rows:
        first = last = row
        while whole.count("\n" + "\n".join(lines[first : last + 1]) + "\n") > 1 and (
            first > 0 or last < len(lines) - 1
        ):
            first, last = max(first - 1, 0), min(last + 1, len(lines) - 1)
        if hunks and first <= hunks[-1][1] + 1:
            hunks[-1] = (hunks[-1][0], max(last, hunks[-1][1]))
        else:
            hunks.append((first, last))
    return hunks
