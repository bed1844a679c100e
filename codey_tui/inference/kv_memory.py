"""What llama.cpp's memory holds of a loaded model: its sequences, and their states in files. Lives in the child process only."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import llama_cpp.llama_cpp as lib

CONVERSATION, ASIDE = 0, 1
"""The two sequences: the conversation, and a question in between that shares its beginning."""


class KvMemory:
    """The memory of one context, of a model whose layers look back `window` tokens (0: all to the beginning). States are of the
    conversation unless said otherwise."""

    def __init__(self, context: Any, window: int = 0) -> None:
        self._context = context
        self.window = window
        self._memory: Any = lib.llama_get_memory(context)

    def reaches(self, tokens: int) -> bool:
        """Whether what follows the first `tokens` of the conversation sees all that it looks back at.

        A state in a file holds of a sliding window its last `window` tokens only, so what was restored serves where it ends.
        """
        return not self.window or self.span()[0] <= max(0, tokens - self.window + 1)

    def cut(self, keep: int) -> bool:
        """Drop what follows the first `keep` tokens of the conversation; False where the model's state cannot be cut."""
        return bool(lib.llama_memory_seq_rm(self._memory, CONVERSATION, keep, -1))

    def clear(self) -> None:
        """Forget both sequences."""
        lib.llama_memory_clear(self._memory, True)

    def share(self, tokens: int) -> None:
        """Begin the second sequence with the first `tokens` of the conversation, at no cost."""
        lib.llama_memory_seq_cp(self._memory, CONVERSATION, ASIDE, 0, tokens)

    def end_aside(self) -> None:
        """Give the cells back that only the second sequence uses."""
        if lib.llama_n_seq_max(self._context) > ASIDE:
            lib.llama_memory_seq_rm(self._memory, ASIDE, -1, -1)

    def span(self) -> tuple[int, int]:
        """First and last position that llama.cpp says it holds of the conversation; -1 where it holds none."""
        first = int(lib.llama_memory_seq_pos_min(self._memory, CONVERSATION))
        return first, int(lib.llama_memory_seq_pos_max(self._memory, CONVERSATION))

    def state_bytes(self) -> int:
        """About how many bytes the conversation takes in a file."""
        return int(lib.llama_state_seq_get_size(self._context, cast("Any", CONVERSATION)))

    def save(self, file: Path, tokens: Sequence[int]) -> int:
        """Write the conversation, whose tokens these are, to a file; the bytes written, 0 where it failed."""
        return self._save(file, CONVERSATION, tokens)

    def save_beginning(self, file: Path, tokens: Sequence[int]) -> int:
        """Write only the beginning of the conversation to a file; the bytes written, 0 where it failed."""
        self.share(len(tokens))
        try:
            return self._save(file, ASIDE, tokens)
        finally:
            self.end_aside()

    def _save(self, file: Path, sequence: int, tokens: Sequence[int]) -> int:
        ids = (lib.llama_token * max(1, len(tokens)))(*tokens)
        into: Any = sequence
        return int(lib.llama_state_seq_save_file(self._context, bytes(file), into, ids, len(tokens)))

    def restore(self, file: Path, tokens: Sequence[int]) -> bool:
        """Read the conversation from a file whose bytes were checked before; False leaves the memory empty."""
        self.clear()
        room = max(1, len(tokens))
        ids, count = (lib.llama_token * room)(), ctypes.c_size_t()
        to: Any = CONVERSATION
        told: Any = ctypes.byref(count)
        read = lib.llama_state_seq_load_file(self._context, bytes(file), to, ids, room, told)
        # llama.cpp fills in the number also where it refuses the state
        if read and list(ids[: count.value]) == list(tokens) and self.span()[1] == len(tokens) - 1:
            return True
        self.clear()
        return False
