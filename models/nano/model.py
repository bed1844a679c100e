"""The network: a small Llama (RMSNorm, rotary positions, SwiGLU, tied embeddings), written for training on a CPU."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """The sizes of the network. `width` and `hidden` are multiples of 32, as Q8_0 wants."""

    vocab: int = 4096
    width: int = 256
    layers: int = 6
    heads: int = 4
    hidden: int = 704
    context: int = 1024
    rope_base: float = 10_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        """The width of one attention head."""
        return self.width // self.heads


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Rotary positions on (batch, heads, tokens, head width), pairing the first half of a head with the second."""
    first, second = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1).type_as(x)


class Block(nn.Module):
    """Attention and feed-forward with their norms. Every sequence of a batch begins with the same prefix, whose hidden
    states are computed once, with a batch of 1.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, hidden = shape.width, shape.hidden
        self.attn_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.ffn_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, hidden, bias=False) for _ in range(2))
        self.down = nn.Linear(hidden, width, bias=False)

    def _split(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], self.shape.heads, self.shape.head_width).transpose(1, 2)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        # Written out: on a CPU this is quicker than scaled_dot_product_attention at these lengths.
        scores = (q @ k.transpose(-1, -2)) * self.shape.head_width**-0.5 + mask
        mixed = torch.softmax(scores, dim=-1, dtype=torch.float32).type_as(v) @ v
        return self.o(mixed.transpose(1, 2).flatten(2))

    def _feed(self, x: Tensor) -> Tensor:
        x = self.ffn_norm(x)
        return self.down(functional.silu(self.gate(x)) * self.up(x))

    def forward(self, prefix: Tensor, rest: Tensor, angles: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(1, P, width) and (B, T, width) to the same shapes; `mask` is (P + T, P + T), 0 or minus infinity."""
        size = prefix.shape[1]
        keys, values = [], []
        queries = []
        for x, turn in ((prefix, angles[:size]), (rest, angles[size:])):
            x = self.attn_norm(x)
            queries.append(rotate(self._split(self.q(x)), turn))
            keys.append(rotate(self._split(self.k(x)), turn))
            values.append(self._split(self.v(x)))
        batch = rest.shape[0]
        k = torch.cat((keys[0].expand(batch, -1, -1, -1), keys[1]), dim=2)
        v = torch.cat((values[0].expand(batch, -1, -1, -1), values[1]), dim=2)
        prefix = prefix + self._attend(queries[0], keys[0], values[0], mask[:size, :size])
        rest = rest + self._attend(queries[1], k, v, mask[size:])
        return prefix + self._feed(prefix), rest + self._feed(rest)


class Nano(nn.Module):
    """The whole network. The output matrix is the embedding, transposed."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                scale = (2 * shape.layers) ** -0.5 if name.endswith(("o.weight", "down.weight")) else 1.0
                nn.init.normal_(weight, std=0.02 * scale)

    def forward(self, prefix: Tensor, ids: Tensor) -> Tensor:
        """The hidden states (B, T, width) of `ids` (B, T), each row of which follows `prefix` (P)."""
        size, length = prefix.shape[0], ids.shape[1]
        half = self.shape.head_width // 2
        steps = torch.arange(size + length, dtype=torch.float32)
        rates = self.shape.rope_base ** (-torch.arange(half, dtype=torch.float32) / half)
        angles = steps[:, None] * rates[None, :]
        mask = torch.full((size + length, size + length), float("-inf")).triu(1)
        first, rest = self.embed(prefix[None]), self.embed(ids)
        for block in self.blocks:
            first, rest = block(first, rest, angles, mask)
        return self.norm(rest)

    def logits(self, hidden: Tensor) -> Tensor:
        """Hidden states to scores over the vocabulary."""
        return functional.linear(hidden, self.embed.weight)
