"""Hides keys and passwords from models, journals, tables and logs, and puts them back where a model's text becomes a file.

A hidden key leaves a placeholder. One with a tag (`mask`) stands for exactly one key as long as this process lives, so that a
model can copy it and `restore` finds the key; one without (`hide`) is for what nobody has to undo.
"""

from codey_tui.engine.masking.placeholders import hide, holds_key, is_masked, mask, restore
from codey_tui.engine.masking.streams import StreamHider, StreamRestorer
from codey_tui.engine.masking.values import has_key, masked, masked_json, restored

__all__ = [
    "StreamHider",
    "StreamRestorer",
    "has_key",
    "hide",
    "holds_key",
    "is_masked",
    "mask",
    "masked",
    "masked_json",
    "restore",
    "restored",
]
