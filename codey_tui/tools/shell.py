"""The shell tool: one command line, judged by what its commands do, run in the sandbox from the workspace's folder."""

import shutil
from typing import Annotated

import msgspec

from codey_tui.protocol.actions import ActionResult, Preview, Risk
from codey_tui.sandbox import Completed, SandboxError, SandboxRefused
from codey_tui.tools.base import ToolContext, ToolError
from codey_tui.tools.command_risk import assess_command

_MAX_COMMAND = 16_000


class ShellArgs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of the shell tool: a command line, seconds after which it is stopped (0: the sandbox's own bound), and
    whether it shall reach the network; a command such as curl or `pip install` does unasked for."""

    command: str
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0
    network: bool = False


class ShellTool:
    """Command lines."""

    name = "shell"
    summary = "Run a command line in the workspace's folder, inside the sandbox."
    Args = ShellArgs

    def assess(self, args: ShellArgs, context: ToolContext) -> tuple[Risk, Preview]:
        """See `Tool`. Even a command that only reads is `execute`: what it can see is up to the sandbox."""
        command = _checked(args.command)
        risk = assess_command(command, context.workspace)
        if args.network and not risk.network:
            risk = msgspec.structs.replace(risk, reason=f"{risk.reason} The network is asked for.", network=True)
        return risk, Preview(kind="command", title=command.splitlines()[0], body=command)

    def run(self, args: ShellArgs, context: ToolContext) -> ActionResult:
        """See `Tool`."""
        command = _checked(args.command)
        limits = context.limits
        if args.network or assess_command(command, context.workspace).network:
            limits = msgspec.structs.replace(limits, network=True)
        if args.seconds:
            bound = min(args.seconds, limits.seconds) if limits.seconds else args.seconds
            limits = msgspec.structs.replace(limits, seconds=bound)
        shell = shutil.which("bash") or shutil.which("sh")
        if shell is None:
            raise ToolError("There is no shell on PATH, so no command can be run.")
        try:
            done = context.sandbox.run(
                [shell, "-c", command],
                cwd=context.workspace,
                workspace=context.workspace,
                env={},
                limits=limits,
                on_output=context.on_output,
                cancel=context.cancel,
            )
        except SandboxRefused:
            raise
        except SandboxError as error:
            raise ToolError(str(error)) from error
        return ActionResult(
            ok=done.exit_code == 0 and not done.killed_by,
            summary=_summary(done, limits.seconds),
            output=done.output,
            exit_code=done.exit_code,
            seconds=done.seconds,
            sandbox=context.sandbox.name,
            truncated=done.truncated,
        )


def _checked(command: str) -> str:
    """The command as it is run and shown: one cannot approve what one cannot see."""
    command = command.strip()
    if not command:
        raise ToolError("The command is empty.")
    if len(command) > _MAX_COMMAND:
        raise ToolError(f"The command is longer than {_MAX_COMMAND:,} characters. Put it into a script file.")
    hidden = next((char for char in command if not char.isprintable() and char not in "\n\t"), None)
    if hidden is not None:
        raise ToolError(f"The command holds an invisible character (U+{ord(hidden):04X}), so it is not run.")
    return command


def _summary(done: Completed, bound: float) -> str:
    match done.killed_by:
        case "timeout":
            return f"stopped after {bound:g} s: it had not ended by then"
        case "cancel":
            return f"cancelled after {done.seconds:.1f} s"
        case "crowd":
            return "stopped: it started more processes than it may"
        case "lost":
            return "the sandbox was killed from outside, most likely for want of memory"
        case "signal":
            return f"killed by signal {done.exit_code - 128}"
        case _:
            return f"exit code {done.exit_code}"
