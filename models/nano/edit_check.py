"""Whether an edited file is what was asked for: only the wanted change, and the file still compiles."""

import ast
from typing import Any


def complaint(kind: str, row: dict[str, Any], after: str) -> str:
    """ "" when `after` is the file `row["content"]` with the edit `kind` (docstring, type_hints or rename) made, else what is wrong."""
    try:
        old, new = ast.parse(row["content"]), ast.parse(after)
    except SyntaxError as error:
        return f"no Python: {error}"
    if kind == "rename":
        wanted = ast.dump(old).replace(f"'{row['old']}'", f"'{row['new']}'")
        return (
            ""
            if ast.dump(new).replace(f"'{row['old']}'", f"'{row['new']}'") == wanted and row["new"] in after
            else "other names"
        )
    name = row["function"].rpartition(".")[2]
    functions = [
        node for node in ast.walk(new) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name
    ]
    if not functions:
        return f"there is no function {name}"
    function = functions[0]
    if kind == "docstring":
        if not ast.get_docstring(function):
            return "there is no docstring"
        function.body = function.body[1:]
    else:
        named = [arg for arg in function.args.args if arg.arg not in ("self", "cls")]
        if function.returns is None or any(arg.annotation is None for arg in named):
            return "hints are missing"
        function.returns = None
        for arg in named:
            arg.annotation = None
    return "" if ast.dump(new) == ast.dump(old) else "something else was changed"
