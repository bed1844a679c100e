"""The placeholders that stand for keys, and the keys of this process by their tags."""

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable

from codey_tui.engine.masking.assigned import assigned
from codey_tui.engine.masking.shapes import Found, shaped

OPENING = "[key hidden: "
MAX_LENGTH = 64
"""Characters that no placeholder has."""
_PLACEHOLDER = re.compile(r"\[key hidden: [A-Za-z ]{1,30} #([0-9a-f]{8})\]")
_MAX_KEPT = 4096


class _Keys:
    """The keys that were masked, by tags that nobody can compute who does not have this process's own secret: a tag in a text of an
    earlier process, or in one that somebody made up, stands for nothing."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._by_tag: dict[str, str] = {}
        self._lock = threading.Lock()

    def tag(self, key: str) -> str:
        """The tag of a key: the same for the same key."""
        tag = hmac.new(self._secret, key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]
        with self._lock:
            self._by_tag.setdefault(tag, key)
            if len(self._by_tag) > _MAX_KEPT:  # the oldest is forgotten: its placeholder stays one
                del self._by_tag[next(iter(self._by_tag))]
        return tag

    def find(self, tag: str) -> str | None:
        """The key of a tag."""
        with self._lock:
            return self._by_tag.get(tag)


_KEYS = _Keys()


def find_keys(text: str) -> list[Found]:
    """The keys in a text, in its order, none within another. What is a key by its shape is called so, and not by its name."""
    found = sorted(
        [(item.start, 0, item) for item in shaped(text)] + [(item.start, 1, item) for item in assigned(text)],
        key=lambda entry: (entry[0], entry[1], -entry[2].end),
    )
    kept: list[Found] = []
    for _, _, item in found:
        if not kept or item.start >= kept[-1].end:
            kept.append(item)
        elif item.end > kept[-1].end:  # two that overlap are hidden as one
            kept[-1] = kept[-1]._replace(end=item.end)
    return kept


def mask(text: str) -> str:
    """The text with a tagged placeholder for every key; `restore` brings them back in this process."""
    return _replaced(text, placeholder)


def hide(text: str) -> str:
    """The text with a placeholder for every key that says only what was there."""
    return _replaced(text, lambda _key, label: f"{OPENING}{label}]")


def holds_key(text: str) -> bool:
    """Whether a text holds a key."""
    return bool(find_keys(text))


def placeholder(key: str, label: str) -> str:
    """What stands for a key; `restore` brings it back in this process."""
    return f"{OPENING}{label} #{_KEYS.tag(key)}]"


def restore(text: str) -> str:
    """The text with the keys of this process in place of their placeholders; others stay as they are."""
    if OPENING not in text:
        return text
    return _PLACEHOLDER.sub(lambda match: _KEYS.find(match[1]) or match[0], text)


def is_masked(text: str) -> bool:
    """Whether a placeholder with a tag stands in it."""
    return OPENING in text and _PLACEHOLDER.search(text) is not None


def _replaced(text: str, stand_in: Callable[[str, str], str]) -> str:
    found = find_keys(text)
    if not found:
        return text
    parts: list[str] = []
    reached = 0
    for start, end, label in found:
        parts += [text[reached:start], stand_in(text[start:end], label)]
        reached = end
    return "".join([*parts, text[reached:]])
