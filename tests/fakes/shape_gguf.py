"""Writes GGUF files with the true shape of real models and weights of zeros, as sparse files: 7B takes no second and hardly
any disk, yet llama.cpp maps, allocates and computes as it does for the real one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType, TokenType

from tests.fakes.tiny_gguf import CHATML, byte_symbols

Q = GGMLQuantizationType
Quantisation = Literal["q4_k_m", "q8_0", "f16"]
_FILE_TYPES = {
    "q4_k_m": LlamaFileType.MOSTLY_Q4_K_M,
    "q8_0": LlamaFileType.MOSTLY_Q8_0,
    "f16": LlamaFileType.MOSTLY_F16,
}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What decides a model's size; the sources are the models' own config.json."""

    architecture: str
    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    vocabulary: int
    head_width: int = 0
    tied: bool = True
    context: int = 32_768
    window: int = 0

    @property
    def head(self) -> int:
        return self.head_width or self.width // self.heads


SHAPES = {
    "qwen2-0.5b": Shape(
        architecture="qwen2", layers=24, width=896, feed_forward=4864, heads=14, kv_heads=2, vocabulary=151_936
    ),
    "qwen2-1.5b": Shape(
        architecture="qwen2", layers=28, width=1536, feed_forward=8960, heads=12, kv_heads=2, vocabulary=151_936
    ),
    "qwen2-3b": Shape(
        architecture="qwen2", layers=36, width=2048, feed_forward=11_008, heads=16, kv_heads=2, vocabulary=151_936
    ),
    "qwen2-7b": Shape(
        architecture="qwen2",
        layers=28,
        width=3584,
        feed_forward=18_944,
        heads=28,
        kv_heads=4,
        vocabulary=152_064,
        tied=False,
    ),
    "qwen2-14b": Shape(
        architecture="qwen2",
        layers=48,
        width=5120,
        feed_forward=13_824,
        heads=40,
        kv_heads=8,
        vocabulary=152_064,
        tied=False,
    ),
    "gemma3-270m": Shape(
        architecture="gemma3",
        layers=18,
        width=640,
        feed_forward=2048,
        heads=4,
        kv_heads=1,
        head_width=256,
        vocabulary=262_144,
        window=512,
    ),
    "llama-1b": Shape(
        architecture="llama",
        layers=16,
        width=2048,
        feed_forward=8192,
        heads=32,
        kv_heads=8,
        vocabulary=128_256,
        context=131_072,
    ),
}


def word(number: int) -> str:
    """The text of a token that a reciting model reads as one."""
    return f"w{number:05x} "


def write_reciting_gguf(path: Path, shape: Shape, text: Sequence[int]) -> Path:
    """A model that computes as one of this shape in Q8_0 and, after each of the words of `text` (numbers, each once), says the
    next one; after the end of a line it says the first, and after the last word it ends its turn."""
    write_shape_gguf(path, replace(shape, tied=False), "q8_0", words=max(text) + 1024)
    end = shape.vocabulary - 1
    following = [*(256 + number for number in text), end]
    tokens = [ord("\n"), *following[:-1]]
    tensors = {tensor.name: tensor for tensor in GGUFReader(path).tensors}
    row = shape.width // 32 * 34  # bytes: blocks of a scale in f16 and 32 numbers
    one = np.float16(1).tobytes()
    with path.open("r+b") as file:
        file.seek(tensors["output_norm.weight"].data_offset)
        file.write(np.ones(shape.width, np.float32).tobytes())
        for name, rows in (("token_embd.weight", tokens), ("output.weight", following)):
            for column, token in enumerate(rows):
                block, place = divmod(column, 32)
                file.seek(tensors[name].data_offset + token * row + block * 34)
                file.write(one + bytes(place) + b"\x01")
    return path


def write_shape_gguf(path: Path, shape: Shape, quantisation: Quantisation = "q4_k_m", *, words: int = 0) -> Path:
    """Write the header whole and the weights as a hole of the right length. The first `words` words have the text of `word`."""
    writer = GGUFWriter(path, shape.architecture)
    writer.add_name(f"shape of {path.stem}")
    writer.add_file_type(_FILE_TYPES[quantisation])
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e6)
    writer.add_vocab_size(shape.vocabulary)
    if shape.head_width:
        writer.add_key_length(shape.head_width)
        writer.add_value_length(shape.head_width)
    if shape.window:
        writer.add_sliding_window(shape.window)
    _add_vocabulary(writer, shape, words)
    writer.add_chat_template(CHATML)
    extent = 0
    for name, kind, rows, columns in _tensors(shape, quantisation):
        per_block, block_bytes = GGML_QUANT_SIZES[kind]
        size = rows * columns // per_block * block_bytes
        if kind in (Q.F32, Q.F16):
            wide = np.dtype(np.float32 if kind is Q.F32 else np.float16)
            writer.add_tensor_info(name, (columns,) if rows == 1 else (rows, columns), wide, size)
        else:
            raw = (rows, columns // per_block * block_bytes)
            writer.add_tensor_info(name, raw, np.dtype(np.uint8), size, raw_dtype=kind)
        extent += -(-size // 32) * 32
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    header = -(-path.stat().st_size // 32) * 32
    with path.open("r+b") as file:
        file.truncate(header + extent)
    return path


def _add_vocabulary(writer: GGUFWriter, shape: Shape, words: int) -> None:
    """Bytes, words of seven letters (the mean length of Qwen's tokens) and three control tokens; merges as many as real."""
    count = shape.vocabulary
    tokens = [*byte_symbols(), *(f"Ġw{number:05x}" for number in range(count - 259))]
    # weights of zeros say the first token: one that can be read
    tokens[0], tokens[ord("!")] = tokens[ord("!")], tokens[0]
    tokens += ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    types = [TokenType.NORMAL] * (count - 3) + [TokenType.CONTROL] * 3
    tokens[256 : 256 + words] = [word(number) for number in range(words)]
    types[256 : 256 + words] = [TokenType.USER_DEFINED] * words
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if shape.architecture == "gemma3":
        writer.add_tokenizer_model("llama")
        types[:256] = [TokenType.BYTE] * 256
        tokens[:256] = [f"<0x{byte:02X}>" for byte in range(256)]
        writer.add_token_scores([-float(number) for number in range(count)])
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("qwen2" if shape.architecture == "qwen2" else "llama-bpe")
        writer.add_token_merges([f"Ġ w{number:05x}" for number in range(count - 600)])
    writer.add_bos_token_id(count - 3)
    writer.add_eos_token_id(count - 1)
    writer.add_add_bos_token(False)


def _tensors(shape: Shape, quantisation: Quantisation) -> Iterator[tuple[str, GGMLQuantizationType, int, int]]:
    """Name, type, rows and columns of every tensor."""

    def matrix(name: str, role: str, rows: int, columns: int, layer: int = 0) -> tuple[str, Q, int, int]:
        return name, _kind(quantisation, role, columns, layer, shape.layers), rows, columns

    wide, key = shape.heads * shape.head, shape.kv_heads * shape.head
    yield matrix("token_embd.weight", "output" if shape.tied else "embedding", shape.vocabulary, shape.width)
    yield "output_norm.weight", Q.F32, 1, shape.width
    if not shape.tied:
        yield matrix("output.weight", "output", shape.vocabulary, shape.width)
    for layer in range(shape.layers):
        prefix = f"blk.{layer}."
        yield prefix + "attn_norm.weight", Q.F32, 1, shape.width
        yield prefix + "ffn_norm.weight", Q.F32, 1, shape.width
        for part, rows in (("q", wide), ("k", key), ("v", key)):
            yield matrix(f"{prefix}attn_{part}.weight", f"attn_{part}", rows, shape.width, layer)
            if shape.architecture == "qwen2":
                yield f"{prefix}attn_{part}.bias", Q.F32, 1, rows
        yield matrix(prefix + "attn_output.weight", "attn_output", shape.width, wide, layer)
        if shape.architecture == "gemma3":
            for norm, columns in (("attn_q_norm", shape.head), ("attn_k_norm", shape.head)):
                yield f"{prefix}{norm}.weight", Q.F32, 1, columns
            yield prefix + "post_attention_norm.weight", Q.F32, 1, shape.width
            yield prefix + "post_ffw_norm.weight", Q.F32, 1, shape.width
        yield matrix(prefix + "ffn_gate.weight", "ffn_gate", shape.feed_forward, shape.width, layer)
        yield matrix(prefix + "ffn_up.weight", "ffn_up", shape.feed_forward, shape.width, layer)
        yield matrix(prefix + "ffn_down.weight", "ffn_down", shape.width, shape.feed_forward, layer)


def _kind(quantisation: Quantisation, role: str, columns: int, layer: int, layers: int) -> Q:
    """The type that llama.cpp's quantiser gives a matrix (src/llama-quant.cpp); rows that its blocks do not divide fall
    back to blocks of 32."""
    if quantisation == "f16":
        return Q.F16
    if quantisation == "q8_0":
        return Q.Q8_0
    eighth = layers // 8
    finer = layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2
    large = role == "output" or (role in ("attn_v", "ffn_down") and finer)
    if columns % 256:
        return Q.Q8_0 if large else Q.Q5_0
    return Q.Q6_K if large else Q.Q4_K
