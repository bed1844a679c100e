"""Names that look like something else: characters that cannot be seen or turn the direction of text, and twins in a folder."""

import unicodedata

from codey_tui.tools.held import Held

_MAX_TOLD = 3


def shown(path: str) -> str:
    """A path with each character that cannot be seen written out, as in `a<U+202E>txt`."""
    if path.isascii() and path.isprintable():
        return path
    return "".join(f"<U+{ord(char):04X}>" if _unseen(char) else char for char in path)


def oddities(held: Held, path: str) -> tuple[str, ...]:
    """Sentences about what a person may not see in a path that was named as `path`, and about other names in its folder that
    look the same; empty for most."""
    told: list[str] = []
    unseen = sorted({f"U+{ord(char):04X}" for char in path if _unseen(char)})
    if unseen:
        told.append(f"The path holds characters that cannot be seen: {', '.join(unseen)}.")
    if any(part != part.strip() or (part.endswith(".") and part.strip(".")) for part in path.split("/")):
        told.append("A name in it begins or ends with a space, or ends with a dot.")
    if path.startswith("-"):
        told.append("It begins with a dash, so that commands may take it for an option.")
    if twins := _twins(held):
        spelt = ", ".join(ascii(name) for name in twins)
        told.append(f"Its folder has a name that differs only in case, accents or what cannot be seen: {spelt}.")
    return tuple(told)


def _unseen(char: str) -> bool:
    """Format characters (direction marks, joiners, zero widths), odd spaces, line separators, fillers and tags."""
    return (
        unicodedata.category(char) in ("Cf", "Zl", "Zp", "Cc", "Co", "Cs")
        or (char != " " and unicodedata.category(char) == "Zs")
        or char in "\u115f\u1160\u3164\uffa0\u034f\u2800"
        or 0xFE00 <= ord(char) <= 0xFE0F
    )


def _twins(held: Held) -> list[str]:
    """Other names beside this one that differ only in case, in the form of their accents, or in what cannot be seen."""
    if held.missing or held.name == ".":
        return []
    try:
        names = held.neighbours()
    except OSError:  # a folder that may be passed but not listed
        return []
    mine = _look(held.name)
    return [name for name in names if name != held.name and _look(name) == mine][:_MAX_TOLD]


def _look(name: str) -> str:
    if name.isascii():
        return name.casefold()
    plain = "".join(char for char in name if not _unseen(char))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", plain).casefold())
