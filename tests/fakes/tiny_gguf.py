"""Writes tiny GGUF models, real files for the real llama.cpp: about a megabyte, and what they say is known or at
least always the same.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter, LlamaFileType, TokenType

BEGIN, TURN, END, MARK = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|beyond|>"
CONTROLS = (BEGIN, TURN, END, MARK)
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
Weights = npt.NDArray[np.float16] | npt.NDArray[np.float32]


def byte_symbols() -> list[str]:
    """The printable character that stands for each byte in a byte-level BPE vocabulary (GPT-2's table)."""
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = iter(range(256, 512))
    return [chr(byte) if byte in shown else chr(next(hidden)) for byte in range(256)]


WINDOW = 32
"""Tokens that each layer of a tiny gemma3 looks back at most."""


def write_tiny_gguf(
    path: Path,
    *,
    say: Sequence[str | bytes] = (),
    ring: bool = False,
    architecture: str = "llama",
    n_ctx: int = 512,
    layers: int = 1,
    template: str | None = CHATML,
    seed: int = 1,
    controls: Sequence[str] = (),
) -> Path:
    """Write a model with a token per byte, the control tokens above and the steps of `say`.

    With `say` its answer to anything is these tokens, each once, all different; then it ends its turn, or begins again
    where it is a `ring`. Without, its weights are random: its text is noise that hangs on the whole prompt, and never
    ends. Its prompt has a token per byte, and one per control token. `controls` are more of those, which it may also say.
    """
    symbols = byte_symbols()
    special = (*CONTROLS, *controls)
    steps = [step.encode() if isinstance(step, str) else step for step in say]
    texts = [
        "".join(symbols[byte] for byte in step) if step.decode(errors="replace") not in special else step.decode()
        for step in steps
    ]
    tokens = [*symbols, *special]
    tokens += [text for text in texts if text not in tokens]
    width = -(-len(tokens) // 64) * 64
    writer = GGUFWriter(path, architecture)
    writer.add_name(f"tiny {architecture}")
    writer.add_file_type(LlamaFileType.MOSTLY_F16)
    writer.add_block_count(layers)
    writer.add_context_length(n_ctx)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(64)
    writer.add_head_count(width // 64)
    if architecture == "lfm2":
        # every other layer is a convolution with a state of its own, which makes the model a hybrid
        writer.add_head_count_kv([layer % 2 for layer in range(layers)])
        writer.add_shortconv_l_cache(3)
    else:
        writer.add_head_count_kv(1)
    if architecture == "gemma3":
        writer.add_key_length(64)
        writer.add_value_length(64)
        writer.add_sliding_window(WINDOW)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_count(64)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if token in special else TokenType.NORMAL for token in tokens])
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_bos_token_id(tokens.index(BEGIN))
    writer.add_eos_token_id(tokens.index(END))
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    random = np.random.default_rng(seed)
    for name, weights in _layers(architecture, layers, width, silent=bool(say), random=random):
        writer.add_tensor(name, weights)
    told = [tokens.index(text) for text in texts]
    for name, weights in _ends(len(tokens), width, told, ring, tokens.index(END), random):
        hybrid = architecture == "lfm2" and name == "output_norm.weight"
        writer.add_tensor("token_embd_norm.weight" if hybrid else name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _layers(
    architecture: str, layers: int, width: int, *, silent: bool, random: np.random.Generator
) -> Iterator[tuple[str, Weights]]:
    """Attention and feed-forward weights; `silent` layers add nothing to what passes through them."""

    def matrix(rows: int, columns: int, scale: float = 1.0) -> Weights:
        return (random.normal(0, scale * columns**-0.5, (rows, columns))).astype(np.float16)

    loud = 0.0 if silent else 1.0
    for layer in range(layers):
        prefix = f"blk.{layer}."
        yield prefix + "attn_norm.weight", np.ones(width, np.float32)
        yield prefix + "ffn_norm.weight", np.ones(width, np.float32)
        if architecture == "gemma3":
            yield prefix + "post_attention_norm.weight", np.full(width, loud, np.float32)
            yield prefix + "post_ffw_norm.weight", np.full(width, loud, np.float32)
        if architecture == "lfm2" and layer % 2 == 0:
            yield prefix + "shortconv.conv.weight", random.normal(0, 1, (width, 3)).astype(np.float32)
            yield prefix + "shortconv.in_proj.weight", matrix(3 * width, width)
            yield prefix + "shortconv.out_proj.weight", matrix(width, width, loud)
        else:
            yield from _attention(prefix, architecture, width, matrix, loud)
        yield prefix + "ffn_gate.weight", matrix(64, width)
        yield prefix + "ffn_up.weight", matrix(64, width)
        yield prefix + "ffn_down.weight", matrix(width, 64, loud)


def _attention(
    prefix: str, architecture: str, width: int, matrix: Callable[..., Weights], loud: float
) -> Iterator[tuple[str, Weights]]:
    for name, rows in (("q", width), ("k", 64), ("v", 64)):
        yield f"{prefix}attn_{name}.weight", matrix(rows, width, 2.0)
        if architecture == "qwen2":
            yield f"{prefix}attn_{name}.bias", np.zeros(rows, np.float32)
        if architecture in ("lfm2", "gemma3") and name != "v":
            yield f"{prefix}attn_{name}_norm.weight", np.ones(64, np.float32)
    yield prefix + "attn_output.weight", matrix(width, width, 4.0 * loud)


def _ends(
    count: int, width: int, told: list[int], ring: bool, end: int, random: np.random.Generator
) -> Iterator[tuple[str, Weights]]:
    """Embeddings and the output matrix, which maps each token to the one that follows it."""
    yield "output_norm.weight", np.ones(width, np.float32)
    if not told:
        yield "token_embd.weight", random.normal(0, 1, (count, width)).astype(np.float16)
        output = random.normal(0, 1, (count, width)).astype(np.float16) * np.float16(0.3)
        output[256 : 256 + len(CONTROLS)] = 0
        yield "output.weight", output
        return
    yield "token_embd.weight", np.eye(count, width, dtype=np.float16)
    following = np.full(count, told[0])
    following[told] = [*told[1:], told[0] if ring else end]
    output = np.zeros((count, width), np.float16)
    output[following, np.arange(count)] = 1
    yield "output.weight", output
