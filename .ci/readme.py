"""Writes the tables of README.md from the code they describe: `readme.py` writes them, `readme.py --check` only compares."""

import re
import sys
from pathlib import Path

import msgspec

from codey_tui import settings
from codey_tui.tui.commands import COMMANDS, SCOPES, Command

README = Path(__file__).resolve().parent.parent / "README.md"
KEY_NAMES = {"minus": "-", "plus": "+", "space": "Space", "enter": "Enter", "tab": "Tab", "up": "Up", "down": "Down"}


def main(arguments: list[str]) -> int:
    """Exit status 0 when the tables are right (afterwards), 1 when `--check` finds them old."""
    old = README.read_text("utf-8")
    new = old
    for name, table in (("settings", settings_table()), ("keys", keys_table())):
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        new = marks.sub(lambda found, table=table: f"{found[1]}{table}{found[2]}", new)
    if "--check" in arguments:
        if new != old:
            print("The tables of README.md are old: run `make docs`.", file=sys.stderr)
        return int(new != old)
    README.write_text(new, "utf-8")
    return 0


def settings_table() -> str:
    """Every setting with its default and its sentence."""
    defaults = {field.name: field for field in msgspec.structs.fields(settings.Settings)}
    rows = ["| setting | default | what it does |", "|---|---|---|"]
    for name in settings.FIELDS:
        field = defaults[name]
        value = field.default if field.default is not msgspec.NODEFAULT else None
        if field.default_factory is not msgspec.NODEFAULT:
            value = field.default_factory()
        shown = "from the machine" if value is None else f"`{msgspec.json.encode(value).decode()}`"
        rows.append(f"| `{name}` | {shown} | {settings.DESCRIPTIONS[name]} |")
    return "\n".join(rows) + "\n"


def keys_table() -> str:
    """Every command that has a key or a name to type, by the place where it works."""
    rows = ["| where | key | type | what it does |", "|---|---|---|---|"]
    for scope, title in SCOPES.items():
        for command in COMMANDS:
            if command.scope == scope:
                rows.append(f"| {title} | {keys(command)} | {slash(command)} | {command.help} |")
                title = ""
    return "\n".join(rows) + "\n"


def keys(command: Command) -> str:
    """The command's keys as a person reads them."""
    return " ".join(f"`{KEY_NAMES.get(key, key.replace('ctrl+', 'Ctrl+'))}`" for key in command.keys)


def slash(command: Command) -> str:
    """What to type into the prompt for the command."""
    return f"`/{command.slash}{' ' + command.argument if command.argument else ''}`" if command.slash else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
