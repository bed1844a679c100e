"""The lists of rules and of audit rows, as the screens show them."""

import shlex
import time
from collections.abc import Sequence
from typing import get_args

from codey_tui.protocol.actions import AuditRow, Rule, RuleVerdict
from codey_tui.tui.cleaning import clean
from codey_tui.tui.screens.choice import Row
from codey_tui.tui.widgets.transcript import Entry

_SOURCES = {"default": "shipped", "user": "your settings", "workspace": "this workspace", "learnt": "remembered here"}
REMOVE = "remove"


def rule_rows(rules: Sequence[Rule]) -> list[Row]:
    """One row a rule, named by its number."""
    return [
        Row(
            str(number),
            clean(f"{rule.verdict}  {rule.tool}  {rule.pattern}"),
            clean(f"{_SOURCES[rule.source]}. {rule.reason}".strip()),
        )
        for number, rule in enumerate(rules)
    ]


def verdict_rows(rule: Rule) -> list[Row]:
    """What can be done with a rule."""
    rows = [
        Row("allow", "Allow", "Never ask for it, unless it is dangerous.", "a"),
        Row("ask", "Ask", "Ask each time, whatever the mode.", "k"),
        Row("forbid", "Forbid", "Refuse it, whatever the mode.", "f"),
    ]
    return [*rows, Row(REMOVE, "Remove", "Forget this rule.", "r")] if rule.source == "learnt" else rows


def read_rule(text: str) -> Rule | None:
    """A rule typed as `VERDICT TOOL PATTERN`; None where it is none."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    verdicts: tuple[RuleVerdict, ...] = get_args(RuleVerdict)
    for verdict in verdicts:
        if len(words) > 2 and words[0] == verdict:
            return Rule(tool=words[1], pattern=" ".join(words[2:]), verdict=verdict)
    return None


def audit_rows(rows: Sequence[AuditRow]) -> list[Row]:
    """One row an action, the latest first, named by its place in `rows`."""
    return [
        Row(
            str(number),
            clean(f"{_decided(row)}  {row.tool}  {(row.preview or row.tool).splitlines()[0][:80]}"),
            clean(f"{_when(row.at)} · turn {row.turn} · {row.risk} · {row.outcome or 'open'}{_exit(row)}"),
        )
        for number, row in reversed(list(enumerate(rows)))
    ]


def audit_entry(row: AuditRow) -> Entry:
    """All that is known of an action, as a text of its own."""
    sizes = "" if row.bytes_out is None else f"{row.bytes_out:,}"
    facts = {
        "when": _when(row.at),
        "session": f"{row.session}, turn {row.turn}",
        "tool": row.tool,
        "risk": row.risk,
        "verdict": f"{_decided(row)} ({row.scope})",
        "reason": row.reason,
        "sandbox": row.sandbox,
        "outcome": row.outcome or "open",
        "exit code": "" if row.exit_code is None else str(row.exit_code),
        "seconds": "" if row.seconds is None else f"{row.seconds:.3f}",
        "bytes out": sizes,
        "sha256 before": row.hash_before,
        "sha256 after": row.hash_after,
    }
    lines = [f"{name:14} {clean(value)}" for name, value in facts.items() if value]
    lines += [f"{'request':14} {clean(str(row.args))}", "", clean(row.preview)]
    return Entry(key=f"audit:{row.action_id}", role="tool", title="Action", text="\n".join(lines))


def _decided(row: AuditRow) -> str:
    return f"{row.verdict} by {row.decided_by}" if row.verdict else "open"


def _exit(row: AuditRow) -> str:
    return "" if row.exit_code is None else f", exit {row.exit_code}"


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
