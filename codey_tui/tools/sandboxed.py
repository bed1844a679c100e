"""One run of a program in the sandbox on behalf of a tool, and how it came out as a result."""

from collections.abc import Sequence

import msgspec

from codey_tui.protocol.actions import ActionResult
from codey_tui.sandbox import Completed, Limits, SandboxError, SandboxRefused
from codey_tui.tools.base import ToolContext, ToolError


def run_in_sandbox(context: ToolContext, argv: Sequence[str], limits: Limits | None = None) -> Completed:
    """Run a program from the workspace's folder. Raises ToolError where it cannot be started, and SandboxRefused where the
    sandbox cannot be had."""
    try:
        return context.sandbox.run(
            argv,
            cwd=context.workspace,
            workspace=context.workspace,
            env={},
            limits=limits or context.limits,
            on_output=context.on_output,
            cancel=context.cancel,
        )
    except SandboxRefused:
        raise
    except SandboxError as error:
        raise ToolError(str(error)) from error


def shortened(limits: Limits, seconds: float) -> Limits:
    """The limits with a shorter time, where one is wished for; 0 wishes for none."""
    if not seconds:
        return limits
    return msgspec.structs.replace(limits, seconds=min(seconds, limits.seconds) if limits.seconds else seconds)


def result_of(done: Completed, context: ToolContext, summary: str, bound: float) -> ActionResult:
    """The run as a result; `summary` is for one that went well or ended by itself."""
    match done.killed_by:
        case "timeout":
            summary = f"stopped after {bound:g} s: it had not ended by then"
        case "cancel":
            summary = f"cancelled after {done.seconds:.1f} s"
        case "crowd":
            summary = "stopped: it started more processes than it may"
        case "lost":
            summary = "the sandbox was killed from outside, most likely for want of memory"
        case "signal":
            summary = f"killed by signal {done.exit_code - 128}"
        case _:
            pass
    return ActionResult(
        ok=done.exit_code == 0 and not done.killed_by,
        summary=summary,
        output=done.output,
        exit_code=done.exit_code,
        seconds=done.seconds,
        sandbox=context.sandbox.name,
        truncated=done.truncated,
    )
