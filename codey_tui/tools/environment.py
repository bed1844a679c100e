"""The environment tool: describes, creates and fills the Python virtual environment or Node project of the workspace."""

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.sandbox import Completed
from codey_tui.tools.base import Fields, ToolContext, ToolError
from codey_tui.tools.interpreters import VENV_FOLDERS, python_of, venv_of
from codey_tui.tools.sandboxed import result_of, run_in_sandbox

Kind = Literal["python", "node"]
_MAX_PACKAGES = 50
_MANIFESTS = ("pyproject.toml", "requirements.txt", "setup.py", "package.json")
_PYTHON_NAME = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9,._-]+\])?(?:(?:===?|~=|!=|[<>]=?)[A-Za-z0-9.*+!,<>=~_-]+)?"
)
_NODE_NAME = re.compile(r"(?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*(?:@[A-Za-z0-9.^~*_-]+)?")


class EnvironmentArgs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of the environment tool. `packages`: what to install, by name with a version where one is wanted; for
    none the file that lists the project's dependencies is used."""

    OPERATIONS: ClassVar[dict[str, Fields]] = {
        "describe": Fields(),
        "create": Fields(takes=("kind",)),
        "install": Fields(takes=("kind", "packages")),
    }

    op: Literal["describe", "create", "install"]
    kind: Kind = "python"
    packages: tuple[str, ...] = ()


class EnvironmentTool:
    """What the workspace's programs need around them."""

    name = "environment"
    summary = "Describe or create the Python or Node environment of the workspace, and install packages into it."
    Args = EnvironmentArgs

    def assess(self, args: EnvironmentArgs, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`. Installing runs code of others with the network open, and says which packages."""
        workspace = context.workspace
        if args.op == "describe":
            title = "Describe the environment"
            return Risk(level="read", reason="Only looks at the workspace."), Preview(
                kind="text", title=title, body=title
            )
        commands = _commands(args, workspace)
        body = "\n".join(" ".join(_shown(word, workspace) for word in command) for command in commands)
        if args.op == "create":
            what = ".venv" if args.kind == "python" else "package.json"
            risk = Risk(level="execute", reason=f"Creates {what} in the workspace.", touches=(what,))
            return risk, Preview(kind="command", title=f"Create {what}", body=body)
        named = ", ".join(args.packages) or _listed(args.kind, workspace)
        into = "node_modules" if args.kind == "node" else venv_of(workspace) or ".venv, which is created first"
        reason = f"Installs {named} into {into}, over the network: software of others that runs code of its own."
        risk = Risk(level="execute", reason=reason, touches=(named,), network=True)
        return risk, Preview(kind="command", title=f"Install {named}"[:100], body=body)

    def run(self, args: EnvironmentArgs, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        if args.op == "describe":
            return _describe(context.workspace)
        limits = context.limits
        if args.op == "install":
            limits = msgspec.structs.replace(limits, network=True, seconds=max(limits.seconds, 600.0))
        done: Completed | None = None
        output = ""
        for command in _commands(args, context.workspace):
            done = run_in_sandbox(context, command, limits)
            output += done.output
            if done.exit_code or done.killed_by:
                break
        if done is None:
            return ActionResult(ok=True, summary="It is there already: nothing to create.")
        ok = not done.exit_code and not done.killed_by
        named = ", ".join(args.packages) or "the dependencies"
        made = "Created the environment" if args.op == "create" else f"Installed {named}"
        summary = made if ok else f"exit code {done.exit_code}: {_last(output)}"
        whole = msgspec.structs.replace(done, output=output)
        return result_of(whole, context, summary, limits.seconds)


def _commands(args: EnvironmentArgs, workspace: Path) -> list[list[str]]:
    """The programs to run one after the other. Raises ToolError."""
    if len(args.packages) > _MAX_PACKAGES:
        raise ToolError(f"More than {_MAX_PACKAGES} packages at once; list them in a file of dependencies.")
    pattern = _PYTHON_NAME if args.kind == "python" else _NODE_NAME
    wrong = next((name for name in args.packages if not pattern.fullmatch(name)), "")
    if wrong:
        raise ToolError(f"“{wrong[:60]}” is no name of a package. Addresses and paths are not installed.")
    return _python(args, workspace) if args.kind == "python" else _node(args, workspace)


def _python(args: EnvironmentArgs, workspace: Path) -> list[list[str]]:
    existing = venv_of(workspace)
    commands: list[list[str]] = []
    if not existing:
        taken = next((name for name in VENV_FOLDERS[:1] if (workspace / name).exists()), "")
        if taken:
            raise ToolError(f"{taken} exists and is no virtual environment. Move it away first.")
        commands.append([_base_python(), "-m", "venv", ".venv"])
    if args.op == "create":
        return commands
    interpreter = python_of(workspace) if existing else str(workspace / ".venv" / "bin" / "python")
    install = [interpreter, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if args.packages:
        return [*commands, [*install, *args.packages]]
    listed = _listed("python", workspace)
    return [*commands, [*install, *(["-r", listed] if listed.endswith(".txt") else ["-e", "."])]]


def _node(args: EnvironmentArgs, workspace: Path) -> list[list[str]]:
    npm = shutil.which("npm")
    if npm is None:
        raise ToolError("npm is not on PATH. Install Node.js to make Node projects.")
    exists = (workspace / "package.json").is_file()
    commands = [] if exists or not (args.op == "create" or args.packages) else [[npm, "init", "-y"]]
    if args.op == "create":
        return commands
    if not args.packages:
        _listed("node", workspace)
    return [*commands, [npm, "install", "--no-audit", "--no-fund", *args.packages]]


def _listed(kind: Kind, workspace: Path) -> str:
    """The file that lists the dependencies. Raises ToolError where there is none."""
    names = ("requirements.txt", "pyproject.toml", "setup.py") if kind == "python" else ("package.json",)
    found = next((name for name in names if (workspace / name).is_file()), "")
    if not found:
        raise ToolError(f"There is no {' or '.join(names)} that lists dependencies. Name the packages to install.")
    return found


def _base_python() -> str:
    """An interpreter that can make virtual environments: this one, or the one on PATH where this one has no ensurepip."""
    if importlib.util.find_spec("ensurepip") is not None:
        return sys.executable
    return shutil.which("python3") or sys.executable


def _describe(workspace: Path) -> ActionResult:
    """Facts from files alone: nothing of the environment is run."""
    lines: list[str] = []
    folder = venv_of(workspace)
    if folder:
        lines.append(f"Python: {_version(workspace / folder)} in {folder}")
        packages = sorted(_installed(workspace / folder))
        lines.append(f"Packages ({len(packages)}): {', '.join(packages) or 'none'}")
    else:
        lines.append("Python: no virtual environment in this folder")
    manifest = workspace / "package.json"
    if manifest.is_file():
        lines.append(f"Node: {_node_project(manifest)}")
    present = [name for name in _MANIFESTS if (workspace / name).is_file()]
    lines.append(f"Dependencies are listed in: {', '.join(present) or 'no file'}")
    return ActionResult(ok=True, summary=lines[0], output="\n".join(lines))


def _version(folder: Path) -> str:
    text = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    values = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
    return values.get("version") or values.get("version_info", "of unknown version")


def _installed(folder: Path) -> list[str]:
    """Names and versions by the metadata folders that installers leave."""
    found: list[str] = []
    for place in folder.glob("lib/python*/site-packages/*.dist-info"):
        name, _, version = place.name.removesuffix(".dist-info").rpartition("-")
        found.append(f"{name} {version}")
    return found


def _node_project(manifest: Path) -> str:
    try:
        data: Any = json.loads(manifest.read_bytes())
    except ValueError as error:
        raise ToolError(f"package.json cannot be read: {error}.") from error
    if not isinstance(data, Mapping):
        raise ToolError("package.json holds no project.")
    project = cast("Mapping[str, Any]", data)
    listed = [*cast("dict[str, Any]", project.get("dependencies") or {})]
    there = "installed" if (manifest.parent / "node_modules").is_dir() else "not installed"
    return f"{project.get('name') or 'a project without a name'}, needs {', '.join(listed) or 'nothing'} ({there})"


def _shown(word: str, workspace: Path) -> str:
    inside = word.startswith(f"{workspace}/")
    return word[len(str(workspace)) + 1 :] if inside else word


def _last(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "error" in line.lower()), lines[-1] if lines else "no output")
