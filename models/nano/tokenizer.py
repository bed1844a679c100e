"""The model's own byte-level BPE, trained on the corpus; split as GPT-2 does, so that llama.cpp splits alike."""

import itertools
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from codey_tui.engine import prompts, slots
from models.nano import chats, corpus, phrases
from models.nano.places import HERE

VOCAB = 4096
SPECIALS = ("<|endoftext|>", "<|im_start|>", chats.END, chats.BEYOND, *prompts.LABELS.values(), *slots.TOKENS)
"""The first tokens, in this order."""
CONTROL = frozenset(SPECIALS[:3])
"""Those that llama.cpp never prints; the engine reads the others."""


def train(seed: int, count: int = 20_000) -> Tokenizer:
    """A tokenizer from `count` examples of the corpus; files and prompts weigh as much as the requests together."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(seed, count), trainer)
    return tokenizer


def _texts(seed: int, count: int):
    for example in itertools.islice(corpus.examples(seed), count):
        yield example.turns[-1][1]
    fixed = [phrases.program(name) for name in phrases.names()] + [prompts.system(), prompts.text("edit")]
    fixed += [template.read_text("utf-8") for folder in ("fullstack", "pages") for template in _files(HERE / folder)]
    fixed += [entry["say"] for entry in phrases.load("answers").values()]
    fixed += [f" {number}" for number in range(101)]
    for text in fixed:
        for _ in range(count // 400):
            yield text


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def load(path: Path) -> Tokenizer:
    """The tokenizer that `train` saved as JSON."""
    return Tokenizer.from_file(str(path))


def encode(tokenizer: Tokenizer, example: chats.Example) -> tuple[list[int], list[int]]:
    """The ids of prompt and target, apart, since the engine hands over the prompt as a text of its own."""
    prompt = tokenizer.encode(chats.chat(example.turns) + example.prefill).ids
    return prompt, tokenizer.encode(example.target).ids


def merges(path: Path) -> list[str]:
    """The merges of a saved tokenizer in order, each as `left right`, the way GGUF holds them."""
    pairs = json.loads(path.read_text("utf-8"))["model"]["merges"]
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in pairs]
