"""A person's keymap, checked against the table of commands before it is used."""

from collections.abc import Mapping

from codey_tui.tui.commands import BY_ID, COMMANDS


def check_keymap(keymap: Mapping[str, str], more: Mapping[str, str] | None = None) -> tuple[dict[str, str], list[str]]:
    """The entries that can be used, and a sentence for each that cannot: an unknown id, no key, a key used twice.

    `more` are bindings that are not in the table (id to keys), such as the transcript's own.
    """
    more = more or {}
    problems: list[str] = []
    used: dict[str, str] = {}
    for id, keys in keymap.items():
        if id not in BY_ID and id not in more:
            problems.append(f"The keymap names {id}, which is no command; /help shows the commands.")
        elif not any(key.strip() for key in keys.split(",")):
            problems.append(f"The keymap gives {id} no key.")
        else:
            used[id] = keys
    problems += [f"The keymap uses {key} for {first} and for {second}." for key, first, second in clashes(used, more)]
    return used, problems


def clashes(keymap: Mapping[str, str], more: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Keys that two commands share which can be pressed in the same place: (key, first id, second id)."""
    rows = [(c.id, c.scope, keymap.get(c.id, ",".join(c.keys))) for c in COMMANDS]
    rows += [(id, "chat", keymap.get(id, keys)) for id, keys in more.items()]
    taken: dict[tuple[str, str], str] = {}
    found: list[tuple[str, str, str]] = []
    for id, scope, keys in rows:
        for key in (key.strip() for key in keys.split(",") if key.strip()):
            other = taken.get((scope, key)) or taken.get(("app", key))
            if other is not None and other != id and (id in keymap or other in keymap):
                found.append((key, other, id))
            taken.setdefault((scope, key), id)
    return found
