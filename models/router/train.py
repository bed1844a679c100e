"""Trains the router's linear model from drawn requests and writes models/router.bin: `python -m models.router.train`.

The same seed gives the same file. Corrections that a person made can be added: `--corrections FILE`, the lines of
`codey route --corrections`.
"""

import argparse
import json
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np

from codey_tui.engine.router import rules
from codey_tui.engine.router.choice import KINDS
from codey_tui.engine.router.linear import features, pack
from models.router.generator import Example, examples, for_the_coder, heldout_texts, plain

OUTPUT = Path(__file__).parents[1] / "router.bin"
LABELS = tuple(KINDS)
BUCKETS = 1 << 14
SEED = 20_261
EPOCHS = 8
BATCH = 512
RATE = 0.08
DECAY = 2e-6
CORRECTION_COPIES = 20
FOR_THE_CODER = 24_000
"""Requests from the corpus of the bundled model."""


def vectors(found: list[Example]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All buckets of all requests in one row, where each request begins in it, and the labels' numbers."""
    rows, starts, labels = [], [], []
    for text, label in found:
        request = rules.spelled(rules.read(text, frozenset(), Path(tempfile.gettempdir())))
        likely = rules.likely(request)
        starts.append(len(rows))
        hashes = {
            zlib.crc32(feature.encode("utf-8", "replace")) % BUCKETS
            for feature in features(request.bare, likely.rule if likely else "")
        }
        rows.extend(sorted(hashes))
        labels.append(LABELS.index(label))
    return np.array(rows, np.int64), np.array([*starts, len(rows)], np.int64), np.array(labels, np.int64)


def fit(found: list[Example], seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """Weights [BUCKETS, labels] and biases of a softmax regression, by AdaGrad over shuffled batches."""
    rows, starts, labels = vectors(found)
    order = np.random.default_rng(seed)
    weights = np.zeros((BUCKETS, len(LABELS)), np.float32)
    biases = np.zeros(len(LABELS), np.float32)
    squares = np.full_like(weights, 1e-2)
    for epoch in range(EPOCHS):
        rate = RATE * (1 - epoch / EPOCHS) + 0.01
        for batch in np.array_split(order.permutation(len(labels)), max(1, len(labels) // BATCH)):
            spans = [rows[starts[i] : starts[i + 1]] for i in batch]
            flat = np.concatenate(spans)
            owner = np.repeat(np.arange(len(batch)), [len(span) for span in spans])
            first = np.concatenate(([0], np.cumsum([len(span) for span in spans])[:-1]))
            scores = np.add.reduceat(weights[flat], first, axis=0) + biases
            scores -= scores.max(axis=1, keepdims=True)
            odds = np.exp(scores)
            odds /= odds.sum(axis=1, keepdims=True)
            odds[np.arange(len(batch)), labels[batch]] -= 1
            odds /= len(batch)
            gradient = np.stack(
                [np.bincount(flat, odds[owner, column], BUCKETS) for column in range(len(LABELS))], axis=1
            ).astype(np.float32)
            gradient += DECAY * weights
            squares += gradient**2 * len(batch)
            weights -= rate * gradient * np.sqrt(len(batch)) / np.sqrt(squares)
            biases -= 0.1 * odds.sum(axis=0).astype(np.float32)
    return weights, biases


def quantised(weights: np.ndarray, biases: np.ndarray) -> bytes:
    """The file's bytes: each label's weights as signed bytes with one scale."""
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-6) / 127
    small = np.clip(np.rint(weights / scales), -127, 127).astype(np.int8)
    return pack(LABELS, [float(s) for s in scales], [float(b) for b in biases], small.tobytes())


def corrections(path: Path) -> list[Example]:
    """The requests of a file of JSON lines with `text` and `kind` (and `tool`), each several times; what cannot be a label
    and what is held out is left out."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    held = heldout_texts()
    labelled = [Example(line["text"], line.get("tool") or line["kind"]) for line in lines]
    return [row for row in labelled if row.label in KINDS and plain(row.text) not in held] * CORRECTION_COPIES


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--corrections", type=Path)
    parser.add_argument("--per-frame", type=int, default=140)
    options = parser.parse_args()
    started = time.perf_counter()
    found = examples(SEED, options.per_frame) + for_the_coder(SEED, FOR_THE_CODER)
    found += corrections(options.corrections) if options.corrections else []
    weights, biases = fit(found)
    data = quantised(weights, biases)
    options.output.write_bytes(data)
    seconds = time.perf_counter() - started
    print(f"{len(found):,} requests, {len(data):,} bytes, CRC-32 {zlib.crc32(data):08x}, {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
