"""Where the recipe reads and writes. Imports nothing: torch and llama.cpp do not live in one process without harm."""

from pathlib import Path

HERE = Path(__file__).parent
MODEL = HERE.parent / "nano.gguf"
CATALOGUE = HERE.parent / "catalogue.toml"
TOKEN_IDS = HERE / "token_ids.json"
GREEDY = HERE / "greedy.json"
RUNS = HERE.parents[1] / "build" / "nano"
"""Tokenizers and snapshots of runs; outside models/, which is part of the wheel."""
