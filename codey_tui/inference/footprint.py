"""How much memory a model will take, from its header alone, so that one too large is refused before it is loaded."""

from pathlib import Path
from typing import Literal

from codey_tui.inference.gguf import GgufInfo, inspect

KvType = Literal["f16", "q8_0"]

# Bytes per cached number: f16 has two, q8_0 blocks of 32 have 34 (ggml/src/ggml-common.h).
_KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32}
# Measured: a child with numpy and llama.cpp loaded and no model takes 55 to 65 MB.
_PROCESS_BYTES = 64 * 1024 * 1024


def estimate(path: Path, n_ctx: int, *, n_batch: int = 256, kv_type: KvType = "f16") -> int:
    """Bytes of RSS of the child with this model and `n_ctx` tokens of context. Raises what `gguf.inspect` raises."""
    return estimate_from(inspect(path), n_ctx, n_batch=n_batch, kv_type=kv_type)


def estimate_from(info: GgufInfo, n_ctx: int, *, n_batch: int = 256, kv_type: KvType = "f16") -> int:
    """The same for a header already read: weights + KV cache + compute buffers + the process itself."""
    heads = info.number("attention.head_count", 1) or 1
    width = info.number("embedding_length")
    layers = info.number("block_count")
    kv_heads = info.number("attention.head_count_kv", heads)
    key = info.number("attention.key_length", width // heads)
    value = info.number("attention.value_length", width // heads)
    cache = int(n_ctx * layers * kv_heads * (key + value) * _KV_BYTES[kv_type])
    vocabulary = info.array_lengths.get("tokenizer.ggml.tokens", 0)
    widest = max(info.number("feed_forward_length"), width)
    compute = 4 * n_batch * (4 * widest + width) + 4 * vocabulary * 2
    return info.tensor_bytes + cache + compute + _PROCESS_BYTES
