"""Writes a run's snapshot as GGUF, and its size and hash into the catalogue: `python -m models.nano.export`.

Three things load silently and are wrong if they are done otherwise: the rows of q and k are permuted (the architecture
`llama` pairs neighbours in its rotary positions), the pre-tokenizer is `gpt-2`, and a tied output matrix is left out.
"""

import argparse
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType

from codey_tui.engine import prompts
from codey_tui.engine.slots import TOKENS
from models.nano import chats, phrases, prior, tokenizer
from models.nano.applications import template
from models.nano.model import Nano, Shape
from models.nano.places import CATALOGUE, GREEDY, MODEL, RUNS, TOKEN_IDS, note

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NAMES = {
    "attn_norm.weight": "attn_norm",
    "ffn_norm.weight": "ffn_norm",
    "q.weight": "attn_q",
    "k.weight": "attn_k",
    "v.weight": "attn_v",
    "o.weight": "attn_output",
    "gate.weight": "ffn_gate",
    "up.weight": "ffn_up",
    "down.weight": "ffn_down",
}


@cache
def network(run: Path) -> Nano:
    """The network of a run's snapshot, as it ships: its refusals are corrected for people."""
    saved: dict[str, Any] = torch.load(run / "snapshot.pt")
    net = Nano(Shape(**saved["shape"]))
    net.load_state_dict(saved["net"])
    net.eval()
    prior.correct(net, tokenizer.load(run / "tokenizer.json"))
    return net


def permuted(weight: np.ndarray, heads: int) -> np.ndarray:
    """The rows of q or k in the order of interleaved rotary pairs: (first, second) halves become neighbours."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def tensors(shape: Shape, net: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """The weights under their names in GGUF, as float32."""
    named = {"token_embd.weight": net["embed.weight"], "output_norm.weight": net["norm.weight"]}
    for layer in range(shape.layers):
        for ours, theirs in NAMES.items():
            named[f"blk.{layer}.{theirs}.weight"] = net[f"blocks.{layer}.{ours}"]
    arrays = {name: weight.float().numpy() for name, weight in named.items()}
    return {
        name: permuted(array, shape.heads) if re.search(r"attn_[qk]\.", name) else array
        for name, array in arrays.items()
    }


def vocabulary(writer: GGUFWriter, run: Path) -> None:
    """The tokens, merges and special ids of the run's tokenizer."""
    words = tokenizer.load(run / "tokenizer.json")
    ids: dict[str, int] = words.get_vocab()
    ordered = sorted(ids, key=ids.__getitem__)
    # llama.cpp prints user-defined tokens and no control tokens: what the engine reads must come out as text.
    kinds = {
        token: TokenType.CONTROL if token in tokenizer.CONTROL else TokenType.USER_DEFINED
        for token in tokenizer.SPECIALS
    }
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(ordered)
    writer.add_token_types([kinds.get(token, TokenType.NORMAL) for token in ordered])
    writer.add_token_merges(tokenizer.merges(run / "tokenizer.json"))
    writer.add_bos_token_id(ids["<|endoftext|>"])
    writer.add_pad_token_id(ids["<|endoftext|>"])
    writer.add_eos_token_id(ids[chats.END])
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)


def export(run: Path, path: Path) -> None:
    """Writes the snapshot of `run` to `path`, matrices as Q8_0, norms as float32."""
    net = network(run)
    shape = net.shape
    writer = GGUFWriter(path, "llama")
    writer.add_name("Codey nano")
    writer.add_description("Writes small programs, pages and Flask applications, and says when a request is beyond it.")
    writer.add_license("MIT")
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(2)
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_vocab_size(shape.vocab)
    vocabulary(writer, run)
    for name, array in tensors(shape, net.state_dict()).items():
        if array.ndim == 1:
            writer.add_tensor(name, array)
        else:
            kind = GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def note_in_catalogue(path: Path, catalogue: Path) -> None:
    """Puts the size and the SHA-256 of `path` into the table of the nano model."""
    note(
        catalogue,
        {"size": str(path.stat().st_size), "sha256": f'"{hashlib.sha256(path.read_bytes()).hexdigest()}"'},
    )


def token_ids(words: Path) -> str:
    """JSON of texts and their ids by the trainer's tokenizer, for the test that llama.cpp splits alike."""
    bpe = tokenizer.load(words)
    turns = chats.file_turns("Create Fibonacci function", "fibonacci.py")
    texts = [chats.chat(turns) + prompts.fence_for("source_file", "python"), phrases.program("fibonacci")]
    texts += [
        chats.chat(chats.question_turns("what can you do?")),
        phrases.program("word_count"),
        "it's 12 or 333\n\n\n  we'll see\t",
    ]
    texts += ["Größe, naïve 日本語 🙂", f"{chats.BEYOND}{chats.END}", phrases.slotted("lru_cache")]
    texts += [template("login", "app.py"), "".join([*prompts.LABELS.values(), *TOKENS])]
    return json.dumps([{"text": text, "ids": bpe.encode(text).ids} for text in texts], ensure_ascii=False, indent=1)


PROBES = (
    ("Create Fibonacci function", "fibonacci.py"),
    ("Write a web server in Rust", "main.py"),
    ("a stack", "stack.py"),
)


def greedy(run: Path) -> str:
    """JSON of prompts and what the network itself writes for them, greedily, in float32: for the test that the file does the same."""
    net = network(run)
    bpe = tokenizer.load(run / "tokenizer.json")
    rows: list[dict[str, Any]] = []
    for request, path in PROBES:
        turns, prefill = chats.file_turns(request, path), prompts.fence_for("source_file", "python")
        ids = bpe.encode(chats.chat(turns) + prefill).ids
        begun = len(ids)
        with torch.no_grad():
            while len(ids) < begun + 400:
                hidden = net(torch.tensor(ids[:1]), torch.tensor([ids[1:]]))
                ids.append(int(net.logits(hidden[0, -1]).argmax()))
                if ids[-1] == bpe.token_to_id(chats.END):
                    break
        text = bpe.decode(ids[begun:-1], skip_special_tokens=False)
        rows.append({"turns": turns, "prefill": prefill, "text": text.removesuffix(prompts.FENCE)})
    return json.dumps(rows, ensure_ascii=False, indent=1)


def main() -> None:
    """Exports one run to models/nano.gguf, unless told otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="first", help="name of the run")
    parser.add_argument("--out", type=Path, default=MODEL)
    args = parser.parse_args()
    export(RUNS / args.run, args.out)
    if args.out == MODEL:
        note_in_catalogue(MODEL, CATALOGUE)
        GREEDY.write_text(greedy(RUNS / args.run), "utf-8")
        TOKEN_IDS.write_text(token_ids(RUNS / args.run / "tokenizer.json"), "utf-8")
    print(f"{args.out}: {args.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
