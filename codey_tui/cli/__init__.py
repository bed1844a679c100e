"""The command line: parses, then calls. What a command needs is imported inside it, so that `codey --help` is quick."""

import sys
from pathlib import Path
from typing import Any

import click

from codey_tui import __version__
from codey_tui.cli.bench_commands import bench
from codey_tui.cli.failure import guarded
from codey_tui.cli.model_commands import models
from codey_tui.cli.options import JSON, WORKSPACE, workspace_of
from codey_tui.cli.session_commands import sessions
from codey_tui.cli.terminal import mend_streams

MODES = click.Choice(["plan", "ask", "auto-edit", "auto"])
ENVIRONMENTS = ["local", "python3.11", "python3.12", "python3.13", "node20", "node22"]
MODEL = click.option("--model", metavar="ID|FILE", help="Model to use: an id of the catalogue, or a GGUF file.")
CONTEXT = click.option(
    "--context", "--context-tokens", "context_tokens", type=int, help="Tokens of context of the model."
)
KV = click.option(
    "--kv", "--kv-type", "kv_type", type=click.Choice(["f16", "q8_0"]), help="KV cache; q8_0 takes half the memory."
)
MODE = click.option(
    "--approval-mode", "--approve-mode", "approval_mode", type=MODES, help="What may happen without a question."
)


def main(args: list[str] | None = None) -> None:
    """The console script: exits 0 done, 1 failed, 2 bad usage or input, 3 needs an answer, 130 interrupted."""
    mend_streams()
    sys.exit(guarded(lambda: cli.main(args=args, prog_name="codey", standalone_mode=False)))


def _merged(context: click.Context, given: dict[str, Any]) -> dict[str, Any]:
    """Flags named after the command, and those named before it where the command has none."""
    before = context.find_root().params
    return {name: before.get(name) if value is None else value for name, value in given.items()}


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--new", is_flag=True, help="Open a new session instead of the last one of this folder.")
@WORKSPACE
@MODEL
@CONTEXT
@KV
@MODE
@click.option("--theme", help="Colour theme: a file's name in themes/, without .toml.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal, so that it selects text.")
@click.version_option(__version__, prog_name="codey")
@click.pass_context
def cli(context: click.Context, new: bool, workspace: Path | None, no_mouse: bool, **flags: Any) -> int:
    """Open the workbench in a folder: ask for something, approve the plan, watch it being written.

    Everything runs on this machine's own CPU. Without a terminal use `codey run`.
    """
    if context.invoked_subcommand is not None:
        return 0
    from codey_tui.cli.screen import open_screen

    return open_screen(workspace, flags | {"mouse": False if no_mouse else None}, new=new)


@cli.command()
@click.argument("prompt")
@WORKSPACE
@click.option(
    "--approve",
    type=click.Choice(["ask", "all", "none"]),
    default="ask",
    show_default=True,
    help="Who says yes to the plan and to actions: you, everyone, nobody (exit 3 when an answer is needed).",
)
@JSON
@MODEL
@CONTEXT
@KV
@MODE
@click.option(
    "--on-low-battery",
    "on_low_battery",
    type=click.Choice(["pause", "continue", "stop"]),
    help="Between steps on a low battery: ask at the terminal (stop where nobody is there), go on, or stop.",
)
@click.option("--new", is_flag=True, help="In a new session instead of the last one of this folder.")
@click.pass_context
def run(
    context: click.Context, prompt: str, workspace: Path | None, approve: Any, as_json: bool, new: bool, **flags: Any
) -> int:
    """Do one thing without a screen. PROMPT `-` is read from standard input.

    Exits 0 when it is done, 1 when it failed, 2 for bad usage or input, 3 when it needs an answer.
    """
    from codey_tui.cli.run import run_prompt

    new = new or bool(context.find_root().params.get("new"))
    flags = _merged(context, flags)
    return run_prompt(prompt, workspace_of(context, workspace), flags, approve=approve, as_json=as_json, new=new)


cli.add_command(models)
cli.add_command(bench)
cli.add_command(sessions)


@cli.command()
@WORKSPACE
@click.option("--turn", type=click.IntRange(min=1), help="Number of the turn; by default the last one not yet undone.")
@click.pass_context
def undo(context: click.Context, workspace: Path | None, turn: int | None) -> int:
    """Bring back the files from before a turn, byte for byte."""
    from codey_tui.cli.records import undo_turn

    return undo_turn(workspace_of(context, workspace), turn or 0)


@cli.command()
@click.argument("session", required=False)
def forget(session: str | None) -> int:
    """Remove the prompts that models have read from the disk: those of SESSION, or all. They will be read again."""
    from codey_tui.cli.forgetting import forget_prompts

    if session == "":  # as of a shell variable that is not set: all would go by mistake
        raise click.UsageError(
            "The session's id is empty. Name one, or give none at all to remove those of all sessions."
        )
    return forget_prompts(session or "")


@cli.command()
@WORKSPACE
@JSON
@click.option("--limit", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Rows at most.")
@click.pass_context
def audit(context: click.Context, workspace: Path | None, as_json: bool, limit: int) -> int:
    """List every action that was proposed, who decided, and how it ended; the latest last."""
    from codey_tui.cli.records import list_audit

    return list_audit(workspace_of(context, workspace), as_json=as_json, limit=limit)


@cli.group(invoke_without_command=True)
@WORKSPACE
@JSON
@click.pass_context
def rules(context: click.Context, workspace: Path | None, as_json: bool) -> int:
    """List the approval rules in force here; `add` and `remove` change those that are remembered."""
    if context.invoked_subcommand is not None:
        return 0
    from codey_tui.cli.rules import list_rules

    return list_rules(workspace_of(context, workspace), as_json=as_json)


@rules.command("add")
@click.argument("verdict", type=click.Choice(["allow", "ask", "forbid"]))
@click.argument("tool")
@click.argument("pattern")
@WORKSPACE
@click.pass_context
def add_rule(context: click.Context, verdict: Any, tool: str, pattern: str, workspace: Path | None) -> int:
    """Remember a rule for this folder: TOOL is a tool's name or *, PATTERN a glob over a command or a path."""
    from codey_tui.cli.rules import set_rule

    return set_rule(workspace_of(context, workspace), verdict, tool, pattern)


@rules.command("remove")
@click.argument("tool")
@click.argument("pattern")
@WORKSPACE
@click.pass_context
def remove_rule(context: click.Context, tool: str, pattern: str, workspace: Path | None) -> int:
    """Forget a remembered rule of this folder."""
    from codey_tui.cli.rules import forget_rule

    return forget_rule(workspace_of(context, workspace), tool, pattern)


@cli.command()
@WORKSPACE
@JSON
@click.pass_context
def doctor(context: click.Context, workspace: Path | None, as_json: bool) -> int:
    """Check everything that Codey needs and say what is missing."""
    from codey_tui.cli.doctor import examine

    return examine(workspace_of(context, workspace), as_json=as_json)


@cli.command()
@WORKSPACE
@click.option("--yes", is_flag=True, help="Trust without a question.")
@click.option("--withdraw", is_flag=True, help="Trust them no longer.")
@click.pass_context
def trust(context: click.Context, workspace: Path | None, yes: bool, withdraw: bool) -> int:
    """Show the tools in .codey/tools and in your settings folder, and let them run if you say so.

    Their code runs with your rights. Whoever changes a file asks you anew.
    """
    from codey_tui.cli.trust import trust_tools

    return trust_tools(workspace_of(context, workspace), yes=yes, withdraw=withdraw)


@cli.command()
@WORKSPACE
@click.pass_context
def stop(context: click.Context, workspace: Path | None) -> int:
    """End the engine of the workspace; a running turn is cancelled."""
    from codey_tui.cli.engine import stop_engine

    return stop_engine(workspace_of(context, workspace))


@cli.command()
def reset() -> int:
    """Restore a terminal that a broken connection left in a wrong state."""
    from codey_tui.cli.terminal import RESTORE

    click.echo(RESTORE, nl=False, color=True)
    return 0


@cli.command()
@WORKSPACE
@JSON
@click.pass_context
def config(context: click.Context, workspace: Path | None, as_json: bool) -> int:
    """Show every setting, its value here, and where the value comes from."""
    from codey_tui.cli.config import show_settings

    return show_settings(workspace_of(context, workspace), as_json=as_json)


@cli.group()
def sandbox() -> None:
    """Where commands run; `codey doctor` says which sandbox is used."""


@sandbox.command()
@WORKSPACE
@click.argument("environment", required=False, type=click.Choice(ENVIRONMENTS))
@click.pass_context
def build(context: click.Context, workspace: Path | None, environment: str | None) -> int:
    """Make the image that the docker sandbox needs: fetched by name, or built from this machine's own Python.

    ENVIRONMENT is what it holds, by default the one of the settings.
    """
    from codey_tui.cli.sandboxes import build_image

    return build_image(workspace_of(context, workspace), environment)


@cli.command()
@click.argument("text", required=False)
@WORKSPACE
@JSON
@click.option("--corrections", is_flag=True, help="Print the routes that were put right with /route, as JSON lines.")
@click.pass_context
def route(context: click.Context, text: str | None, workspace: Path | None, as_json: bool, corrections: bool) -> int:
    """Say how a request would be understood, and do nothing. TEXT `-`: one request a line, one JSON object a line."""
    from codey_tui.cli.route import show_corrections, show_routes

    if corrections:
        return show_corrections(workspace_of(context, workspace))
    if text is None:
        raise click.UsageError("Missing argument 'TEXT'.", context)
    return show_routes(workspace_of(context, workspace), text, as_json=as_json)


@cli.command(hidden=True)
@WORKSPACE
@MODEL
@CONTEXT
@KV
@MODE
@click.option("--new", is_flag=True)
@click.pass_context
def engine(context: click.Context, workspace: Path | None, new: bool, **flags: Any) -> int:
    """The engine's own process."""
    from codey_tui.cli.engine import serve_engine

    return serve_engine(workspace_of(context, workspace), flags, new=new)
