"""The prompts of earlier sessions, in a file of JSON lines."""

import json
from collections.abc import Callable
from pathlib import Path

_KEPT = 500


class History:
    """Prompts, the latest last, and a place in them. `path` None keeps them in memory; `hide` takes out of a prompt what
    must not stand in a file. `problem` says why prompts are not kept in the file, a sentence; empty while they are."""

    def __init__(self, path: Path | None = None, hide: Callable[[str], str] = str) -> None:
        self._path = path
        self._hide = hide
        self._items: list[str] | None = None
        self._at: int | None = None
        self._draft = ""
        self.problem = ""

    @property
    def items(self) -> list[str]:
        """All prompts; the file is read at the first use. Lines that are not a JSON string are left out."""
        if self._items is None:
            self._items = self._read()
        return self._items

    def add(self, text: str) -> None:
        """Remember a prompt, and go back to the end."""
        self._at = None
        if self.items and self.items[-1] == text:
            return
        self.items.append(text)
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(
                    json.dumps(self._hide(text)) + "\n"
                )  # in ASCII: no character in it ends a line or cannot be written
            self.problem = ""
        except OSError as error:
            self.problem = f"Prompts are kept for this screen only: {self._path} cannot be written ({error.strerror})."

    def earlier(self, draft: str) -> str | None:
        """The prompt before; `draft` is what stands in the prompt and comes back at the end. None at the first."""
        if self._at is None:
            self._draft = draft
        at = len(self.items) if self._at is None else self._at
        if at == 0:
            return None
        self._at = at - 1
        return self.items[self._at]

    def later(self) -> str | None:
        """The prompt after, at the end the draft; None where there is none."""
        if self._at is None:
            return None
        self._at += 1
        if self._at < len(self.items):
            return self.items[self._at]
        self._at = None
        return self._draft

    def _read(self) -> list[str]:
        if self._path is None:
            return []
        try:
            text = self._path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return []
        except OSError as error:
            self.problem = f"Earlier prompts are not there: {self._path} cannot be read ({error.strerror})."
            return []
        items: list[str] = []
        for line in text.split("\n")[-_KEPT:]:
            try:
                item = json.loads(line)
            except ValueError:
                continue  # a line cut short by a power cut
            if isinstance(item, str):
                items.append(item)
        return items
