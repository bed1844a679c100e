"""One form for calls that do the same: `cat a.txt` and reading a.txt, `pip install x` and the environment tool's install."""

import re
import shlex
from pathlib import Path
from typing import Any

import msgspec

from codey_tui.engine.router.tool_rules import tool_call
from codey_tui.tools.registry import TOOLS

_BY_NAME = {tool.name: tool for tool in TOOLS}
_PIP = re.compile(r"(?:python3? -m )?pip3? install (?P<rest>.+)")


def of_call(tool: str, args: dict[str, Any], workspace: Path) -> tuple[Any, ...]:
    """What a call does, in a form that compares equal for equal calls."""
    if tool == "shell":
        return of_line(str(args.get("command", "")), workspace)
    full = msgspec.to_builtins(msgspec.convert(args, _BY_NAME[tool].Args, strict=False))
    defaults = {field.name: field.default for field in msgspec.structs.fields(_BY_NAME[tool].Args)}
    given = {key: value for key, value in full.items() if value != defaults.get(key) and value not in ("", [], ())}
    if tool == "environment" and given.get("op") == "install":
        return ("install", given.get("kind", "python"), tuple(sorted(given.get("packages", ()))))
    if tool == "search":
        return ("search", given["pattern"], given.get("path", ".").rstrip("/"))
    if tool == "file":
        if given["op"] == "find" and given.get("text"):
            return ("search", given["text"], given.get("path", "."))
        paths = sorted({path.rstrip("/") for path in [given.pop("path", ""), *given.pop("paths", ())] if path})
        given["content"] = str(given.get("content", "")).rstrip("\n")
        return ("file", tuple(paths or ["."]), *sorted((key, str(value)) for key, value in given.items() if value))
    return (tool, *sorted((key, str(value)) for key, value in given.items()))


def of_line(line: str, workspace: Path) -> tuple[Any, ...]:
    """What a command line does."""
    line = re.sub(r"^python ", "python3 ", " ".join(line.split()))
    line = re.sub(r"^pytest\b", "python3 -m pytest", line)
    if pip := _PIP.fullmatch(line):
        packages = [] if pip["rest"].startswith("-r ") else pip["rest"].split()
        return ("install", "python", tuple(sorted(packages)))
    if line == "npm install":
        return ("install", "node", ())
    words = shlex.split(line)
    if words[:1] == ["cat"] and len(words) == 2:
        return of_call("file", {"op": "read", "path": words[1]}, workspace)
    if words[:1] == ["ls"] and len(words) == 2 and not words[1].startswith("-"):
        return of_call("file", {"op": "list", "path": words[1]}, workspace)
    if words[:1] in (["grep"], ["rg"]) and len([word for word in words[1:] if not word.startswith("-")]) in (1, 2):
        pattern, path = ([word for word in words[1:] if not word.startswith("-")] + ["."])[:2]
        return ("search", pattern, path)
    if words[:1] == ["sqlite3"] and len(words) == 3:
        op = {".schema": "schema", ".tables": "tables"}.get(words[2], "query")
        return ("sqlite", ("op", op), ("path", words[1])) + ((("sql", words[2]),) if op == "query" else ())
    call = tool_call(line, workspace) if words[:1] == ["git"] else None
    if call is not None and call.tool != "shell":
        return of_call(call.tool, call.args, workspace)
    return ("shell", line)
