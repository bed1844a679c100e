"""Trains the network on the endless corpus: `python -m models.nano.train --minutes 120`.

A run lives in build/nano/<name>/ (tokenizer and snapshot) and goes on from its snapshot when it is started again, in the same place of
its schedule: the learning rate is constant after a short warm-up and falls to zero over the last part of the time given.
One process per core computes gradients on examples of its own; they are averaged in every step.
"""

import argparse
import itertools
import json
import os
import random
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor
from torch.nn import functional

from codey_tui.engine import prompts
from codey_tui.inference.provider import OPENING
from models.nano import corpus, tokenizer
from models.nano.model import Nano, Shape
from models.nano.muon import Muon
from models.nano.places import RUNS

STEP_EXAMPLES = 24
"""Examples of one step and process, of all kinds: short refusals and long files must pull on the weights together, or the model
swings between always refusing and never."""
BATCH_TOKENS = 2600
"""Tokens that go through the network at once, padding included."""
RECITED = 250
"""From this step on the files are nearly known by heart."""
WHOLE_SHARE = 0.35
"""The share of examples that are then still learned to the end; the others end soon after the choice of the file is made, so
that twice as many requests pass in the same time."""
CUT = 20
"""Tokens of an answer that is not learned to the end."""
OPENING_WEIGHT = 6.0
"""The first `OPENING` tokens of an answer decide what it will be, and are few among the many that are then only recited."""
WARM_UP = 40
DECAY = 0.65
"""The part of the time in which the learning rate falls to zero."""
IGNORED = -100


def prefix_text() -> str:
    """The start of all chats but those that ask for a label, which share its first token only; its hidden states are computed
    once for a batch."""
    return f"<|im_start|>system\n{prompts.system()}<|im_end|>\n<|im_start|>"


Row = tuple[list[int], list[int]]
"""Prompt and target."""
Batch = tuple[int, Tensor, Tensor, Tensor]
"""(how many tokens of the prefix come before, ids, labels, weights), each (B, T); labels are IGNORED and weights 0 on the prompt and
on padding."""


def steps(seed: int, bpe: Any, prefix: list[int], first: int) -> Iterator[list[Batch]]:
    """Endless steps from number `first` on: STEP_EXAMPLES examples each, cut into batches of similar length."""
    source = corpus.examples(seed)
    rng = random.Random(seed)
    for step in itertools.count(first):
        rows: dict[int, list[Row]] = {len(prefix): [], 1: []}
        for example in itertools.islice(source, STEP_EXAMPLES):
            prompt, target = tokenizer.encode(bpe, example)
            shared = next((size for size in rows if prompt[:size] == prefix[:size]), 0)
            if not shared:
                raise ValueError("A chat does not begin as all do.")
            if len(target) > 3 * CUT and step >= RECITED and rng.random() > WHOLE_SHARE:
                target = target[:CUT]
            rows[shared].append((prompt[shared:], target))
        yield [_padded(shared, part) for shared, alike in rows.items() for part in _cut(alike)]


def _cut(rows: list[Row]) -> list[list[Row]]:
    """Parts of similar length, BATCH_TOKENS each at most; nothing of nothing."""
    cut: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: len(row[0]) + len(row[1])):
        if not cut or (len(cut[-1]) + 1) * (len(row[0]) + len(row[1])) > BATCH_TOKENS:
            cut.append([])
        cut[-1].append(row)
    return cut


def _padded(shared: int, rows: list[Row]) -> Batch:
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
    return shared, ids, labels, weights


def losses_of(net: Nano, prefix: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """(cross entropy in nats, weight) of every labelled token of a batch."""
    shared, ids, labels, weights = batch
    kept = labels != IGNORED
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = net.logits(net(prefix[:shared], ids)[kept])
    return functional.cross_entropy(scores.float(), labels[kept], reduction="none"), weights[kept]


def save(path: Path, net: Nano, optimiser: Muon, state: dict[str, Any]) -> None:
    """Writes the snapshot beside the old one and puts it in its place."""
    whole = {"shape": asdict(net.shape), "net": net.state_dict(), "optimiser": optimiser.state(), **state}
    torch.save(whole, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def rate_at(part: float, step: int, peak: float) -> float:
    """The learning rate when `part` (0 to 1) of the time has passed."""
    return peak * min(1.0, (step + 1) / WARM_UP) * min(1.0, max(0.0, (1 - part) / DECAY))


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="first", help="name of the run")
    parser.add_argument(
        "--after", default="", help="name of a finished run whose tokenizer and weights a new one begins with"
    )
    parser.add_argument("--minutes", type=float, default=120, help="time to train in all, in minutes, over all starts")
    parser.add_argument("--rate", type=float, default=4e-3, help="peak learning rate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--processes", type=int, default=min(2, os.cpu_count() or 1), help="processes of one thread each"
    )
    return parser.parse_args()


def main() -> None:
    """Trains until the time is over; prints a line of figures every 25 steps."""
    args = options()
    folder = RUNS / args.run
    folder.mkdir(parents=True, exist_ok=True)
    words = folder / "tokenizer.json"
    if not words.exists() and args.after:
        words.write_bytes((RUNS / args.after / "tokenizer.json").read_bytes())
    elif not words.exists():
        tokenizer.train(args.seed).save(str(words))
    meeting = folder / "meeting"
    meeting.unlink(missing_ok=True)
    mp.spawn(worker, (args, folder), nprocs=args.processes)  # pyright: ignore[reportPrivateImportUsage]
    meeting.unlink(missing_ok=True)
    print(f"saved {folder / 'snapshot.pt'}")


def worker(rank: int, args: argparse.Namespace, folder: Path) -> None:
    """One process: the same weights as the others, examples of its own."""
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    meeting = f"file://{(folder / 'meeting').resolve()}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=args.processes)
    bpe = tokenizer.load(folder / "tokenizer.json")
    prefix = bpe.encode(prefix_text()).ids
    net = Nano(Shape())
    optimiser = Muon(net)
    snapshot = folder / "snapshot.pt"
    state: dict[str, Any] = {"step": 0, "first": 0, "tokens": 0, "starts": 0, "seconds": 0.0}
    if snapshot.exists():
        saved = torch.load(snapshot)
        net.load_state_dict(saved["net"])
        optimiser.load(saved["optimiser"])
        state = {key: saved[key] for key in state}
    elif args.after:
        saved = torch.load(RUNS / args.after / "snapshot.pt")
        net.load_state_dict(saved["net"])
        state |= {"tokens": saved["tokens"], "step": saved["step"], "first": saved["step"], "starts": saved["starts"]}
    state["starts"] += 1
    seed = args.seed * 1000 + state["starts"] * 10 + rank
    if rank == 0:
        print(json.dumps({"parameters": sum(weight.numel() for weight in net.parameters()), **state}), flush=True)
    _loop(args, rank, net, optimiser, torch.tensor(prefix), steps(seed, bpe, prefix, state["step"]), state, snapshot)
    dist.destroy_process_group()


def gradients(net: Nano, prefix: Tensor, step: list[Batch]) -> tuple[float, float, int, int]:
    """Sets the gradients of one step; (mean loss, mean loss of the openings, tokens that were learned, all tokens)."""
    whole = sum(float(weights.sum()) for _, _, _, weights in step)
    total = opening = 0.0
    count = openings = seen = 0
    net.zero_grad(set_to_none=True)
    for batch in step:
        losses, weights = losses_of(net, prefix, batch)
        ((losses * weights).sum() / whole).backward()
        first = weights > 1
        total, count = total + losses.sum().item(), count + len(losses)
        opening, openings = opening + losses[first].sum().item(), openings + int(first.sum())
        seen += batch[1].numel()
    return total / count, opening / openings, count, seen


def averaged(net: Nano, figures: list[float]) -> list[float]:
    """Replaces the gradients by their mean over all processes, clipped to norm 1; the mean of `figures`."""
    parts = [weight.grad for weight in net.parameters() if weight.grad is not None]
    flat = torch.cat([part.flatten() for part in parts] + [torch.tensor(figures)])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    at = 0
    for part in parts:
        part.copy_(flat[at : at + part.numel()].view_as(part))
        at += part.numel()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    return flat[at:].tolist()


def _loop(
    args: argparse.Namespace,
    rank: int,
    net: Nano,
    optimiser: Muon,
    prefix: Tensor,
    source: Iterator[list[Batch]],
    state: dict[str, Any],
    snapshot: Path,
) -> None:
    parent = os.getppid()
    begin = saved_at = time.monotonic()
    before = state["seconds"]
    figures: deque[list[float]] = deque(maxlen=25)
    while True:
        # Every process takes the same decisions: they see the mean of all clocks.
        now = time.monotonic()
        passed = before + now - begin
        found = averaged_step(net, prefix, next(source), passed)
        part = found[0] / (args.minutes * 60)
        optimiser.step(rate_at(part, state["step"] - state["first"], args.rate))
        figures.append(found)
        state["step"] += 1
        state["seconds"] = passed
        state["tokens"] += int(found[4] * args.processes)
        if rank == 0 and (now - saved_at > 90 or part >= 1):
            save(snapshot, net, optimiser, state)
            saved_at = now
        if part >= 1 or os.getppid() != parent:  # done, or whoever started this was stopped
            return
        if rank == 0 and state["step"] % 25 == 0:
            loss, opening = (sum(row[at] for row in figures) / len(figures) for at in (1, 2))
            print(
                f"step {state['step']} tokens {state['tokens']} loss {loss:.4f} opening {opening:.4f} {passed:.0f} s",
                flush=True,
            )


def averaged_step(net: Nano, prefix: Tensor, step: list[Batch], passed: float) -> list[float]:
    """Gradients of a step, averaged; the means of (seconds passed, loss, loss of the openings, learned tokens, all tokens)."""
    loss, opening, learned, seen = gradients(net, prefix, step)
    return averaged(net, [passed, loss, opening, float(learned), float(seen)])


if __name__ == "__main__":
    main()
