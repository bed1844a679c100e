"""Lowers the score of the refusing token by a constant: the corpus asks for refusals more often than people do.

Llama files have no bias for the output. The refusing token is never read, so its row of the (tied) embedding serves the output alone:
along a direction on which all hidden states have the same length, a change of the row is a bias.
"""

import itertools
import math

import torch
from tokenizers import Tokenizer

from models.nano import corpus, tokenizer
from models.nano.chats import BEYOND
from models.nano.model import Nano

SEED = 99_000
"""No training, calibration or evaluation draws the corpus with this seed."""
SAMPLES = 700
"""Hidden states that the direction is fitted to; it has 256 numbers."""
PEOPLE = 0.12
"""The share of requests outside the range that is assumed of people who have read what the model can do."""


def shift() -> float:
    """What is added to the refusing token's score, in nats: the odds of a refusal among people against those in the corpus."""
    share = dict(corpus.MIX)["beyond"]
    return math.log(PEOPLE / (1 - PEOPLE)) - math.log(share / (1 - share))


def correct(net: Nano, bpe: Tokenizer) -> None:
    """Changes the row of the refusing token in place, so that its score at the beginning of an answer is lower by `-shift()`."""
    examples = (example for example in corpus.examples(SEED) if len(example.turns) > 1)
    hidden: list[torch.Tensor] = []
    with torch.no_grad():
        for example in itertools.islice(examples, SAMPLES):
            prompt, _ = tokenizer.encode(bpe, example)
            hidden.append(net(torch.tensor(prompt[:1]), torch.tensor([prompt[1:]]))[0, -1])
        states = torch.stack(hidden)
        direction = torch.linalg.lstsq(states, torch.ones(len(states), 1)).solution[:, 0]
        net.embed.weight[bpe.token_to_id(BEYOND)] += shift() * direction
