"""The python tool: runs a piece of Python in the sandbox, with the interpreter of the workspace."""

from typing import Annotated

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.interpreters import python_of, venv_of
from codey_tui.tools.sandboxed import result_of, run_in_sandbox, shortened

_MAX_BYTES = 100_000


class PythonArgs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of the python tool: a program, and seconds after which it is stopped (0: the sandbox's own bound)."""

    code: Annotated[str, msgspec.Meta(min_length=1)]
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0


class PythonTool:
    """Python code."""

    name = "python"
    summary = "Run Python code in the workspace's folder, inside the sandbox; what it prints is the result."
    Args = PythonArgs

    def assess(self, args: PythonArgs, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`. Code is not read for what it does: the sandbox is what holds."""
        code = _checked(args.code)
        folder = venv_of(context.workspace)
        lines = code.count("\n") + 1
        reason = f"Runs {lines} {'line' if lines == 1 else 'lines'} of Python{f' with {folder}' if folder else ''}."
        title = f"Run Python: {code.splitlines()[0][:60]}"
        return Risk(level="execute", reason=reason), Preview(kind="command", title=title, body=code)

    def run(self, args: PythonArgs, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        limits = shortened(context.limits, args.seconds)
        done = run_in_sandbox(context, [python_of(context.workspace), "-c", _checked(args.code)], limits)
        return result_of(done, context, f"exit code {done.exit_code}", limits.seconds)


def _checked(code: str) -> str:
    """The code as it is run and shown: one cannot approve what one cannot see."""
    if not code.strip():
        raise ToolError("There is no code to run.")
    if len(code.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
        raise ToolError(f"The code is longer than {_MAX_BYTES:,} bytes. Write it into a file and run that.")
    hidden = next((char for char in code if not char.isprintable() and char not in "\n\t"), None)
    if hidden is not None:
        raise ToolError(f"The code holds an invisible character (U+{ord(hidden):04X}), so it is not run.")
    return code.strip("\n")
