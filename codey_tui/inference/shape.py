"""The numbers of a model that decide how much memory it takes, from its GGUF header or from the catalogue.

Keys: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md; which layers hold a cache and which a recurrent state is
as llama.cpp reads them (src/llama-hparams.cpp).
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import msgspec

from codey_tui.inference.gguf import GgufInfo, Value

# Measured on headers of Qwen's and Gemma's files: bytes that a token and a merge take there.
_TOKEN_BYTES, _MERGE_BYTES = 19, 17


class ModelShape(msgspec.Struct, frozen=True, kw_only=True):
    """What of a model has a size.

    `weights` and `state` (what recurrent layers remember, whatever the context) are in bytes; `cached` counts the numbers
    that the KV cache keeps for a token; `feed_forward` is the width that a token passes through at once, of experts those
    that are used; `attention` is the width of all `heads` together; `context` is what the model was trained for, in tokens.
    """

    weights: int
    cached: int
    width: int
    feed_forward: int
    attention: int
    vocabulary: int
    heads: int = 0
    merges: int = 0
    state: int = 0
    context: int = 0


def shape_of(info: GgufInfo) -> ModelShape:
    """The shape that a header tells of."""
    width, heads = info.number("embedding_length"), max(1, info.number("attention.head_count", 1))
    layers = info.number("block_count")
    head = width // heads
    key, value = info.number("attention.key_length", head), info.number("attention.value_length", head)
    attending = _attending(info, layers)
    windowed = info.number("attention.key_length_swa", key) + info.number("attention.value_length_swa", value)
    cached = sum(
        kv_heads * (windowed if sliding else key + value)
        for kv_heads, sliding in zip(attending, _sliding(info, layers), strict=False)
    )
    experts = info.number("expert_used_count")
    expert_width = info.number("expert_feed_forward_length", info.number("feed_forward_length"))
    dense = info.number("expert_shared_feed_forward_length") if experts else info.number("feed_forward_length")
    return ModelShape(
        weights=info.tensor_bytes,
        cached=cached,
        width=width,
        feed_forward=dense + experts * expert_width,
        attention=max(heads * key, heads * value),
        vocabulary=info.array_lengths.get("tokenizer.ggml.tokens", 0),
        heads=heads,
        merges=info.array_lengths.get("tokenizer.ggml.merges", 0),
        state=_state(info, sum(not kv_heads for kv_heads in attending)),
        context=info.context_length,
    )


def shape_from_keys(architecture: str, keys: Mapping[str, int | list[int]], size: int) -> ModelShape:
    """The shape of a file of `size` bytes that is not here, from the keys its header has; `vocab_size` and `merges` count
    what would be lists there."""
    tokens, merges = keys.get("vocab_size", 0), keys.get("merges", 0)
    assert isinstance(tokens, int)
    assert isinstance(merges, int)
    info = GgufInfo(
        path=Path(),
        version=3,
        architecture=architecture,
        name="",
        context_length=0,
        tensor_bytes=max(0, size - tokens * _TOKEN_BYTES - merges * _MERGE_BYTES),
        file_size=size,
        values={f"{architecture}.{key}": cast(Value, value) for key, value in keys.items()},
        array_lengths={"tokenizer.ggml.tokens": tokens, "tokenizer.ggml.merges": merges},
    )
    return shape_of(replace(info, context_length=info.number("context_length")))


def _sliding(info: GgufInfo, layers: int) -> list[bool]:
    """Which layers look at a window only; their heads may be of another width (Gemma 4)."""
    pattern = info.values.get(f"{info.architecture}.attention.sliding_window_pattern")
    return [bool(item) for item in pattern[:layers]] if isinstance(pattern, list) else [False] * layers


def _attending(info: GgufInfo, layers: int) -> list[int]:
    """Key and value heads of each layer; 0 where a layer has no cache of its own."""
    heads = _per_layer(info, "attention.head_count_kv", layers, info.number("attention.head_count", 1))
    if every := info.number("full_attention_interval"):
        # Of hybrids with linear attention (Qwen3-Next, Qwen3.5) only every so many layers keep keys and values.
        heads = [count if (layer + 1) % every == 0 else 0 for layer, count in enumerate(heads)]
    if shared := info.number("attention.shared_kv_layers"):
        # The last layers of Gemma 3n and 4 read the cache of earlier ones.
        heads = heads[: max(0, layers - shared)]
    return heads


def _per_layer(info: GgufInfo, key: str, layers: int, default: int) -> list[int]:
    found = info.values.get(f"{info.architecture}.{key}")
    if isinstance(found, list):
        return [item if isinstance(item, int) else 0 for item in found[:layers]]
    return [info.number(key, default)] * layers


def _state(info: GgufInfo, layers: int) -> int:
    """Bytes of recurrent state in `layers` layers: four each for the convolution's window and for the state itself."""
    inner, held = info.number("ssm.inner_size"), info.number("ssm.state_size")
    groups, kernel = info.number("ssm.group_count"), info.number("ssm.conv_kernel")
    window = max(0, kernel - 1) * (inner + 2 * groups * held)
    short = max(0, info.number("shortconv.l_cache") - 1) * info.number("embedding_length")
    return 4 * layers * (window + inner * held + short)
