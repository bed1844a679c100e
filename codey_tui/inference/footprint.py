"""How much memory a model will take, from its header alone, so that one too large is refused before a byte of it is read.

`python -m benchmarks.footprint` compares the forecast with what the child process really takes.
"""

from collections.abc import Iterator

import msgspec

from codey_tui.inference.frames import KvType
from codey_tui.inference.lookup_payoff import draft_limit
from codey_tui.inference.shape import ModelShape

MIB = 1024 * 1024
# Bytes per cached number: f16 has two, q8_0 blocks of 32 have 34 (ggml/src/ggml-common.h).
_KV_BYTES = {"f16": (2, 1), "q8_0": (34, 32)}
_CONTEXT_STEP = 256  # llama.cpp rounds the context up to a multiple of this
# Measured on Linux: a child with Python, numpy and llama.cpp that has answered once.
_PROCESS = 51 * MIB
# Measured: llama.cpp keeps each token's text three times over, with hashes, and each merge with its rank.
_PER_TOKEN, _PER_MERGE = 154, 130
# Of the buffers for a batch only what a batch fills becomes resident: about three rows of the feed-forward width and four
# of the model's own. Six rows of logits: llama.cpp's, and those in which Python finds the likeliest.
_FEED_FORWARD_ROWS, _WIDTH_ROWS, _LOGIT_ROWS = 3, 4, 6
_SCORES_MOST, _SCORES_SHARE = 64 * MIB, 32
"""Bytes that the scores of attention may take, or this part of the weights where it is more. Flash attention needs none, but llama.cpp computes it slowly for fewer tokens than
fill a tile: measured on a processor with AVX-512, 2,000 tokens into the context, a 0.5B model makes 13.8 tokens a second with it and
21.2 without, and reads 51 tokens at 31 and 119 a second; whole batches of 256 it reads at 155 and 120."""
# Measured: a batch of a verified draft takes 1.75 rows of logits for each of its tokens. Most generations verify none, so
# half of it is counted: either way the forecast is off by less than 2%.
_DRAFT_ROWS = 0.9


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of resident memory of a child process with a model in it, by what takes them."""

    weights: int
    kv: int
    compute: int
    overhead: int
    n_ctx: int
    kv_type: KvType
    measured: int = 0
    """The most that such a child ever took on this machine; 0 where none was measured."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.compute + self.overhead

    @property
    def needs(self) -> int:
        """What has to be free for it: never below what was measured, and a forecast may be 2% too low."""
        return max(self.measured, self.total + self.total // 50)


def flash_serves(shape: ModelShape, n_ctx: int, *, n_batch: int = 256, kv_type: KvType = "f16") -> bool:
    """Whether flash attention is the better choice: where the scores would take too much memory, and where the values are packed,
    which llama.cpp reads in no other way."""
    return kv_type != "f16" or not (
        0 < _scores(shape, _padded(shape, n_ctx), n_batch) <= max(_SCORES_MOST, shape.weights // _SCORES_SHARE)
    )


def _used(shape: ModelShape, n_ctx: int) -> int:
    return min(n_ctx, shape.context) if shape.context else n_ctx


def _padded(shape: ModelShape, n_ctx: int) -> int:
    return -(-_used(shape, n_ctx) // _CONTEXT_STEP) * _CONTEXT_STEP


def _scores(shape: ModelShape, padded: int, n_batch: int) -> int:
    """Bytes of attention's scores: a number for every head, token of the batch and token of the context."""
    return 4 * shape.heads * padded * min(n_batch, padded)


def forecast(
    shape: ModelShape, n_ctx: int, *, n_batch: int = 256, kv_type: KvType = "f16", flash: bool | None = None
) -> Footprint:
    """What a model of this shape takes with `n_ctx` tokens of context, of which it uses no more than it was trained for; `flash`
    as in `LoadOptions`.

    It is the same with and without mmap: every weight is read for every token, so mapped pages stay resident as well.
    """
    padded = _padded(shape, n_ctx)
    size, per = _KV_BYTES[kv_type]
    batch = min(n_batch, padded)
    rows = _FEED_FORWARD_ROWS * shape.feed_forward + _WIDTH_ROWS * max(shape.width, shape.attention)
    if flash is None:
        flash = flash_serves(shape, n_ctx, n_batch=n_batch, kv_type=kv_type)
    scores = 2 * padded * batch if flash else 4 * padded * batch + _scores(shape, padded, n_batch)
    logits = _LOGIT_ROWS + int(_DRAFT_ROWS * draft_limit(shape.weights, shape.vocabulary))
    return Footprint(
        weights=shape.weights,
        kv=padded * shape.cached * size // per + shape.state,
        compute=4 * batch * rows + scores + 4 * logits * shape.vocabulary,
        overhead=_PROCESS + shape.vocabulary * _PER_TOKEN + shape.merges * _PER_MERGE,
        n_ctx=_used(shape, n_ctx),
        kv_type=kv_type,
    )


def contexts(most: int) -> Iterator[int]:
    """Sizes of context below `most` tokens that are worth offering, the largest first."""
    for size in (131_072, 65_536, 32_768, 16_384, 12_288, 8192, 6144, 4096, 3072, 2048, 1024):
        if size < most:
            yield size
