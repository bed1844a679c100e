"""Rules per tool and pattern: allow, ask or forbid; shipped, of the person, of the workspace, or remembered.

Forbid wins. A workspace's own rules can only make things stricter. Nothing dangerous is ever allowed by a rule.
"""

import fnmatch
import glob
import os
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec.structs import replace

from codey_tui.engine.effects import Effects
from codey_tui.engine.errors import EngineError
from codey_tui.protocol.actions import Rule, RuleSource, RuleVerdict
from codey_tui.protocol.ops import RemoveRule, SetRule

SECRETS, OUTSIDE = "@secrets", "@outside"
SPECIAL = (SECRETS, OUTSIDE)
MAX_RULES = 1000
_WHERE: dict[RuleSource, str] = {
    "default": "shipped with Codey", "user": "from your settings", "workspace": "of this workspace", "learnt": "remembered",
}  # fmt: skip


class RuleRefused(EngineError):
    """A rule cannot be set or removed; the sentence says why."""


@dataclass(frozen=True)
class Match:
    """A rule that fits an action, and what of the action it fits."""

    rule: Rule
    what: str

    @property
    def sentence(self) -> str:
        """Why, for the person and for the model."""
        rule = self.rule
        why = f" {rule.reason}" if rule.reason else ""
        verb = {"forbid": "Forbidden", "ask": "Asked for", "allow": "Allowed"}[rule.verdict]
        return (
            f'{verb} by the rule "{rule.verdict} {rule.tool} {rule.pattern}" ({_WHERE[rule.source]}): {self.what}.{why}'
        )


class RuleBook:
    """All rules in force. `fixed` come from files that people write; remembered ones live in `file`.

    Where that file cannot be read `problem` says so, nothing is allowed by a rule, and everything is asked for.
    """

    def __init__(self, fixed: Iterable[Rule] = (), file: Path | None = None) -> None:
        self._fixed = tuple(fixed)
        self._file = file
        self.problem = ""
        self._learnt: list[Rule] = self._read()

    def all(self) -> list[Rule]:
        """Every rule in force. One that the person wrote for the same tool and pattern stands in for a shipped one."""
        own = {(rule.tool, rule.pattern) for rule in (*self._fixed, *self._learnt) if rule.source in ("user", "learnt")}
        shipped = [r for r in self._fixed if r.source != "default" or (r.tool, r.pattern) not in own]
        return [*shipped, *self._learnt]

    def match(self, effects: Effects) -> Match | None:
        """The rule that decides: forbid before what was allowed by a remembered rule, before ask, before allow."""
        rules = self.all()
        if found := _any(rules, "forbid", effects):
            return found
        if self.problem:
            return Match(Rule(tool="*", pattern="*", verdict="ask", source="learnt", reason=self.problem), effects.line)
        if found := _allowed([rule for rule in rules if rule.source == "learnt"], effects):
            return found
        return _any(rules, "ask", effects) or _allowed(rules, effects)

    def carry_out(self, op: SetRule | RemoveRule) -> str:
        """Do what a client asks for, and say so. Raises RuleRefused."""
        if isinstance(op, SetRule):
            self.set(op.rule)
            return f"From now on in this folder: {op.rule.verdict} {op.rule.tool} {op.rule.pattern}"
        self.remove(op.tool, op.pattern)
        return f"The rule for {op.tool} {op.pattern} is gone."

    def set(self, rule: Rule) -> None:
        """Remember a rule. Raises RuleRefused."""
        if self.problem:
            raise RuleRefused(self.problem)
        if not rule.tool.strip() or not rule.pattern.strip():
            raise RuleRefused("A rule needs a tool (or *) and a pattern.")
        if rule.pattern.startswith("@") and rule.pattern not in SPECIAL:
            raise RuleRefused(f"There is no pattern {rule.pattern}. The special ones are {' and '.join(SPECIAL)}.")
        if len(self._learnt) >= MAX_RULES:
            raise RuleRefused(f"There are {MAX_RULES} rules already. Remove some first: `codey rules`.")
        kept = [old for old in self._learnt if (old.tool, old.pattern) != (rule.tool, rule.pattern)]
        self._save([*kept, replace(rule, source="learnt")])

    def remove(self, tool: str, pattern: str) -> None:
        """Forget a remembered rule. Raises RuleRefused."""
        kept = [rule for rule in self._learnt if (rule.tool, rule.pattern) != (tool, pattern)]
        if len(kept) == len(self._learnt):
            other = next((r for r in self._fixed if (r.tool, r.pattern) == (tool, pattern)), None)
            if other is None:
                raise RuleRefused(f'There is no rule for "{tool} {pattern}".')
            raise RuleRefused(
                f'The rule "{tool} {pattern}" is {_WHERE[other.source]}; set another for the same instead.'
            )
        self._save(kept)

    def _read(self) -> list[Rule]:
        if self._file is None or not self._file.exists():
            return []
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[Rule])
        except (OSError, msgspec.DecodeError) as error:
            self.problem = (
                f"The rules in {self._file} cannot be read ({error}), so everything is asked for. Mend or remove it."
            )
            return []

    def _save(self, rules: list[Rule]) -> None:
        if self._file is not None:
            draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                draft.write_bytes(msgspec.json.format(msgspec.json.encode(rules)))
                draft.replace(self._file)
            except OSError as error:
                draft.unlink(missing_ok=True)
                raise RuleRefused(f"The rule was not kept: {self._file} {error.strerror or error}.") from error
        self._learnt = rules


def learnt_from(effects: Effects) -> list[Rule]:
    """The rules that allow exactly this again: the same line, or the same operation on the same paths."""
    if effects.paths and not effects.commands and effects.certain:
        patterns = [glob.escape(call) for call in effects.calls]
    else:
        patterns = [glob.escape(effects.line)]
    return [Rule(tool=effects.tool, pattern=pattern, verdict="allow", source="learnt") for pattern in patterns]


def _any(rules: list[Rule], verdict: RuleVerdict, effects: Effects) -> Match | None:
    """The first rule of a verdict that fits any part of an action."""
    for rule in rules:
        if rule.verdict == verdict and (what := _fits(rule, effects)):
            return Match(rule, what)
    return None


def _fits(rule: Rule, effects: Effects) -> str:
    """What of an action a rule that restricts fits, empty for nothing. More words after the pattern fit too."""
    mine = rule.tool in ("*", effects.tool)
    if mine and rule.pattern == SECRETS:
        return f"{effects.secrets[0]} looks like a file of passwords or keys" if effects.secrets else ""
    if mine and rule.pattern == OUTSIDE:
        return f"{effects.outside[0]} is outside of the workspace" if effects.outside else ""
    if mine or rule.tool == "shell":
        for command in effects.commands:
            for text in (command.whole, *command.forms):
                if _glob(text, rule.pattern) or _glob(text, f"{rule.pattern} *"):
                    return text
    if not mine:
        return ""
    if not effects.certain and _glob(effects.line, f"*{rule.pattern}*"):
        return "a command that cannot be taken apart"
    found = next((call for call in effects.calls if _glob(call, rule.pattern) or _glob(call, f"{rule.pattern} *")), "")
    return found or next((path for path in effects.paths if _path_fits(path, rule.pattern)), "")


def _allowed(rules: list[Rule], effects: Effects) -> Match | None:
    """The rule that allows an action, where every part of it is allowed."""
    mine = [rule for rule in rules if rule.verdict == "allow" and rule.tool in ("*", effects.tool)]
    whole = glob.escape(effects.line)
    for rule in mine:
        if rule.pattern == whole:
            return Match(rule, effects.line)
    if not effects.certain:
        return None
    found: Match | None = None
    for command in effects.commands:
        found = next(
            (Match(r, command.whole) for r in mine if command.plain and _glob(command.forms[-1], r.pattern)), None
        )
        if found is None:
            return None
    if effects.commands:
        return found
    for call, path in zip(effects.calls, effects.paths or ("",) * len(effects.calls), strict=False):
        found = next((Match(r, call) for r in mine if _glob(call, r.pattern) or _path_fits(path, r.pattern)), None)
        if found is None:
            return None
    return found


def _glob(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern)


def _path_fits(path: str, pattern: str) -> bool:
    """A pattern without a slash fits any part of a path; one with slashes the path from its beginning, and all below."""
    pattern = pattern.removeprefix("**/").rstrip("/")
    path = posixpath.normpath(path)
    if not pattern or not path or pattern in SPECIAL:
        return False
    if "/" not in pattern:
        return any(_glob(part, pattern) for part in path.split("/"))
    return _glob(path, pattern) or _glob(path, f"{pattern}/*")
