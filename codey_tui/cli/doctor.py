"""`codey doctor`: looks at everything that Codey needs, one line each, with what to do about what is missing."""

import json
from collections.abc import Callable
from pathlib import Path

import click

from codey_tui.cli import machine_checks, own_checks, sandboxes
from codey_tui.cli.failure import FAILED
from codey_tui.cli.finding import Finding
from codey_tui.cli.terminal import plain

MARKS = {"ok": "ok  ", "warn": "warn", "bad": "BAD "}


def examine(workspace: Path | None, *, as_json: bool) -> int:
    """Print the findings; gives 1 when something that Codey cannot work without is bad."""
    findings = list(_findings(workspace))
    if as_json:
        click.echo(json.dumps([finding.as_dict() for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{MARKS[finding.level]}  {finding.name}: {plain(finding.value)}")
            if finding.hint:
                click.echo(f"        {plain(finding.hint)}")
    return FAILED if any(finding.level == "bad" for finding in findings) else 0


def _findings(workspace: Path | None) -> list[Finding]:
    """Every check in order. One that fails in a way nobody foresaw is itself a finding, never a traceback."""
    found: list[Finding] = []
    checks: list[tuple[str, Callable[[], list[Finding]]]] = [
        ("Codey", lambda: own_checks.check(workspace)),
        ("Python", machine_checks.check_python),
        ("llama.cpp", machine_checks.check_llama),
        ("memory", machine_checks.check_memory),
        ("CPU", machine_checks.check_cpu),
        ("git", machine_checks.check_git),
        ("sandbox", lambda: sandboxes.check_sandboxes(workspace)),
        ("terminal", machine_checks.check_terminal),
    ]
    for name, check in checks:
        try:
            found += check()
        except Exception as error:  # noqa: BLE001 a doctor that falls ill tells so and goes on
            found.append(Finding(name, "bad", f"could not be looked at ({type(error).__name__}: {error})"))
    return found
