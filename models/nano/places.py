"""Where the recipe reads and writes. Imports neither torch nor llama.cpp, which do not live in one process without harm."""

import re
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
MODEL = HERE.parent / "nano.gguf"
CATALOGUE = HERE.parent / "catalogue.toml"
TOKEN_IDS = HERE / "token_ids.json"
GREEDY = HERE / "greedy.json"
RUNS = HERE.parents[1] / "build" / "nano"
"""Tokenizers and snapshots of runs; outside models/, which is part of the wheel."""


def note(catalogue: Path, facts: Mapping[str, str]) -> None:
    """Puts values, as TOML, into the lines of the catalogue's first table that has them, the nano model's. Raises `ValueError` for a
    key that has no line."""
    text = catalogue.read_text("utf-8")
    for key, value in facts.items():
        text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text, count=1)
        if not found:
            raise ValueError(f"{catalogue} has no line for {key}.")
    catalogue.write_text(text, "utf-8")
