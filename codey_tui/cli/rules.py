"""`codey rules`: what is allowed, asked for and forbidden in a folder."""

import asyncio
import time
from pathlib import Path

import click

from codey_tui.cli.connect import open_client
from codey_tui.cli.failure import FAILED, say_error
from codey_tui.cli.site import open_site
from codey_tui.cli.terminal import json_line, plain
from codey_tui.protocol.actions import Rule, RuleVerdict
from codey_tui.protocol.ops import Op, RemoveRule, SetRule
from codey_tui.protocol.queries import ListRules

WAIT_S = 2.0
_SOURCES = {"default": "shipped", "user": "your settings", "workspace": "this workspace", "learnt": "remembered"}


def list_rules(workspace: Path | None, *, as_json: bool) -> int:
    """Every rule in force."""
    rules = _rules_after(workspace, None)
    if as_json:
        click.echo(json_line(rules, indent=2))
        return 0
    if not rules:
        click.echo("There are no rules in this folder.")
    for rule in rules:
        click.echo(
            plain(f"{rule.verdict:7s} {rule.tool:6s} {rule.pattern}  ({_SOURCES[rule.source]}) {rule.reason}").rstrip()
        )
    return 0


def set_rule(workspace: Path | None, verdict: RuleVerdict, tool: str, pattern: str) -> int:
    """Remember a rule."""
    rules = _rules_after(workspace, SetRule(rule=Rule(tool=tool, pattern=pattern, verdict=verdict)))
    if any((r.tool, r.pattern, r.verdict, r.source) == (tool, pattern, verdict, "learnt") for r in rules):
        click.echo(f"From now on in this folder: {verdict} {plain(tool)} {plain(pattern)}")
        return 0
    say_error(
        "The rule was not kept: a pattern that begins with @ must be @secrets or @outside, and none may be empty."
    )
    return FAILED


def forget_rule(workspace: Path | None, tool: str, pattern: str) -> int:
    """Forget a remembered rule."""
    if not any((r.tool, r.pattern, r.source) == (tool, pattern, "learnt") for r in _rules_after(workspace, None)):
        say_error(f'No rule for "{tool} {pattern}" is remembered in this folder. `codey rules` lists them.')
        return FAILED
    _rules_after(workspace, RemoveRule(tool=tool, pattern=pattern))
    click.echo(f"The rule for {plain(tool)} {plain(pattern)} is gone.")
    return 0


def _rules_after(workspace: Path | None, op: Op | None) -> list[Rule]:
    """The rules in force, once an Op has been carried out."""
    site = open_site(workspace)

    async def ask() -> list[Rule]:
        async with open_client(site) as client:
            before = rules = await client.ask(ListRules())
            if op is not None:
                client.submit(op)
                end = time.monotonic() + WAIT_S
                while rules == before and time.monotonic() < end:  # an Op has no answer of its own
                    await asyncio.sleep(0.02)
                    rules = await client.ask(ListRules())
            return rules

    return asyncio.run(ask())
