"""Trains the network on the endless corpus: `python -m models.nano.train --minutes 30`.

A run lives in build/nano/<name>/ (tokenizer and snapshot) and goes on from its snapshot when it is started again.
The learning rate is constant after a short warm-up and falls to zero over the last part of the time given.
"""

import argparse
import itertools
import json
import random
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from codey_tui.engine import prompts
from models.nano import corpus, tokenizer
from models.nano.model import Nano, Shape
from models.nano.places import RUNS

STEP_EXAMPLES = 32
"""Examples of one step, of all kinds: short refusals and long files must pull on the weights together, or the model
swings between always refusing and never."""
BATCH_TOKENS = 2600
"""Tokens that go through the network at once, padding included."""
RECITED = 800
"""From this step on the files are known by heart."""
WHOLE_SHARE = 0.5
"""The share of examples that are then still learned to the end; the others end soon after the choice of the file is made, so
that twice as many requests pass in the same time."""
CUT = 20
"""Tokens of an answer that is not learned to the end."""
OPENING = 8
OPENING_WEIGHT = 6.0
"""The first tokens of an answer decide what it will be, and are few among the many that are then only recited."""
WARM_UP = 40
DECAY = 0.65
"""The part of the time in which the learning rate falls to zero."""
IGNORED = -100


def prefix_text() -> str:
    """The start that all chats share; its hidden states are computed once a step."""
    return f"<|im_start|>system\n{prompts.system()}<|im_end|>\n<|im_start|>"


Row = tuple[list[int], list[int]]
"""Prompt and target."""
Batch = tuple[Tensor, Tensor, Tensor]
"""(ids, labels, weights), each (B, T); labels are IGNORED and weights 0 on the prompt and on padding."""


def steps(seed: int, bpe: Any, prefix: list[int], first: int) -> Iterator[list[Batch]]:
    """Endless steps from number `first` on: STEP_EXAMPLES examples each, cut into batches of similar length."""
    source = corpus.examples(seed)
    rng = random.Random(seed)
    for step in itertools.count(first):
        rows: list[Row] = []
        for example in itertools.islice(source, STEP_EXAMPLES):
            prompt, target = tokenizer.encode(bpe, example)
            if prompt[: len(prefix)] != prefix:
                raise ValueError("A chat does not begin with the shared prefix.")
            if example.prefill and step >= RECITED and rng.random() > WHOLE_SHARE:
                target = target[:CUT]
            rows.append((prompt[len(prefix) :], target))
        rows.sort(key=lambda row: len(row[0]) + len(row[1]))
        cut: list[list[Row]] = [[]]
        for row in rows:
            if cut[-1] and (len(cut[-1]) + 1) * (len(row[0]) + len(row[1])) > BATCH_TOKENS:
                cut.append([])
            cut[-1].append(row)
        yield [_padded(part) for part in cut]


def _padded(rows: list[Row]) -> Batch:
    length = max(len(prompt) + len(target) for prompt, target in rows) - 1
    ids = torch.zeros((len(rows), length), dtype=torch.long)
    labels = torch.full((len(rows), length), IGNORED)
    weights = torch.zeros((len(rows), length))
    for at, (prompt, target) in enumerate(rows):
        whole, start = torch.tensor(prompt + target), len(prompt) - 1
        ids[at, : len(whole) - 1] = whole[:-1]
        labels[at, start : len(whole) - 1] = whole[len(prompt) :]
        weights[at, start : len(whole) - 1] = 1.0
        weights[at, start : start + min(OPENING, len(target))] = OPENING_WEIGHT
    return ids, labels, weights


def losses_of(net: Nano, prefix: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """(cross entropy in nats, weight) of every labelled token of a batch."""
    ids, labels, weights = batch
    kept = labels != IGNORED
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = net.logits(net(prefix, ids)[kept])
    return functional.cross_entropy(scores.float(), labels[kept], reduction="none"), weights[kept]


def save(path: Path, net: Nano, optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Writes the snapshot beside the old one and puts it in its place."""
    whole = {"shape": asdict(net.shape), "net": net.state_dict(), "optimiser": optimiser.state_dict(), **state}
    torch.save(whole, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def rate_at(part: float, step: int, peak: float) -> float:
    """The learning rate when `part` (0 to 1) of the time has passed."""
    return peak * min(1.0, (step + 1) / WARM_UP) * min(1.0, max(0.0, (1 - part) / DECAY))


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="first", help="name of the run")
    parser.add_argument("--minutes", type=float, default=30, help="time to train, in minutes, in this start")
    parser.add_argument("--rate", type=float, default=2e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Trains until the time is over; prints a line of figures every 25 steps."""
    args = options()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    folder = RUNS / args.run
    folder.mkdir(parents=True, exist_ok=True)
    words, snapshot = folder / "tokenizer.json", folder / "snapshot.pt"
    if not words.exists():
        tokenizer.train(args.seed).save(str(words))
    bpe = tokenizer.load(words)
    prefix = bpe.encode(prefix_text()).ids
    net = Nano(Shape())
    decayed = [weight for weight in net.parameters() if weight.dim() == 2]
    others = [weight for weight in net.parameters() if weight.dim() != 2]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.95), fused=True)
    state: dict[str, Any] = {"step": 0, "tokens": 0, "starts": 0, "seconds": 0.0}
    if snapshot.exists():
        saved = torch.load(snapshot)
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        state = {key: saved[key] for key in state}
    state["starts"] += 1
    print(json.dumps({"parameters": sum(weight.numel() for weight in net.parameters()), **state}), flush=True)
    _loop(
        args,
        net,
        optimiser,
        torch.tensor(prefix),
        steps(args.seed * 1000 + state["starts"], bpe, prefix, state["step"]),
        state,
        snapshot,
    )
    print(f"saved {snapshot}")


def one_step(
    net: Nano, optimiser: torch.optim.Optimizer, prefix: Tensor, step: list[Batch]
) -> tuple[float, float, int]:
    """Moves the weights once; (mean loss, mean loss of the openings, tokens that were learned)."""
    whole = sum(float(weights.sum()) for _, _, weights in step)
    total = opening = 0.0
    count = openings = 0
    optimiser.zero_grad(set_to_none=True)
    for batch in step:
        losses, weights = losses_of(net, prefix, batch)
        ((losses * weights).sum() / whole).backward()
        first = weights > 1
        total, count = total + losses.sum().item(), count + len(losses)
        opening, openings = opening + losses[first].sum().item(), openings + int(first.sum())
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimiser.step()
    return total / count, opening / openings, count


def _loop(
    args: argparse.Namespace,
    net: Nano,
    optimiser: torch.optim.Optimizer,
    prefix: Tensor,
    source: Iterator[list[Batch]],
    state: dict[str, Any],
    snapshot: Path,
) -> None:
    begin = saved_at = time.monotonic()
    before = state["seconds"]
    figures: deque[tuple[float, float, int]] = deque(maxlen=25)
    for step in itertools.count():
        now = time.monotonic()
        part = (now - begin) / (args.minutes * 60)
        state["seconds"] = before + now - begin
        if now - saved_at > 90 or part >= 1:
            save(snapshot, net, optimiser, state)
            saved_at = now
        if part >= 1:
            return
        for group in optimiser.param_groups:
            group["lr"] = rate_at(part, step, args.rate)
        figures.append(one_step(net, optimiser, prefix, next(source)))
        state["step"] += 1
        state["tokens"] += figures[-1][2]
        if state["step"] % 25 == 0:
            loss, opening = (sum(row[at] for row in figures) / len(figures) for at in (0, 1))
            print(
                f"step {state['step']} learned tokens {state['tokens']} loss {loss:.4f} opening {opening:.4f}"
                f" {state['seconds']:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
