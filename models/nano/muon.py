"""The optimiser: Muon for the matrices of the blocks, AdamW for the embedding and the norms.

Muon (K. Jordan and others, 2024, https://kellerjordan.github.io/posts/muon/) moves a matrix along its momentum with all singular values
brought near 1 by five steps of a Newton-Schulz iteration; the scale 0.2 * sqrt(longer side) is that of J. Liu and others, arXiv:2502.16982.
"""

from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
DECAY = 0.05
STEPS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonal(matrices: Tensor) -> Tensor:
    """(count, rows, columns) with singular values brought near 1, computed in bfloat16."""
    a, b, c = COEFFICIENTS
    x = matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(STEPS):
        square = x @ x.mT
        x = a * x + (b * square + c * (square @ square)) @ x
    return (x.mT if tall else x).float()


class Muon:
    """Steps the parameters of a network whose gradients are set; matrices of one shape go together."""

    def __init__(self, net: nn.Module) -> None:
        named = list(net.named_parameters())
        self._rest = [weight for name, weight in named if weight.dim() != 2 or "embed" in name]
        self._groups: dict[tuple[int, ...], list[Tensor]] = {}
        for name, weight in named:
            if weight.dim() == 2 and "embed" not in name:
                self._groups.setdefault(tuple(weight.shape), []).append(weight)
        self._momenta = {shape: torch.zeros(len(group), *shape) for shape, group in self._groups.items()}
        self._adam = torch.optim.AdamW(self._rest, betas=(0.9, 0.95), weight_decay=0.0, fused=True)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Moves all weights once; `rate` is the learning rate of both optimisers."""
        for group in self._adam.param_groups:
            group["lr"] = rate
        self._adam.step()
        for shape, weights in self._groups.items():
            gradient = torch.stack([weight.grad for weight in weights if weight.grad is not None])
            momentum = self._momenta[shape]
            momentum.lerp_(gradient, 1 - MOMENTUM)
            moves = orthogonal(gradient.lerp(momentum, MOMENTUM))
            for weight, move in zip(weights, moves, strict=True):
                weight.mul_(1 - rate * DECAY).add_(move, alpha=-rate * 0.2 * max(shape) ** 0.5)

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {"adam": self._adam.state_dict(), "momenta": list(self._momenta.values())}

    def load(self, state: dict[str, Any]) -> None:
        """Goes on from a snapshot."""
        self._adam.load_state_dict(state["adam"])
        for kept, saved in zip(self._momenta.values(), state["momenta"], strict=True):
            kept.copy_(saved)
