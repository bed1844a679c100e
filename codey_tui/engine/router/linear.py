"""The linear model of the router: hashed words and word pairs of a request into one score per label, without numpy.

The weights come from models/router.bin, which `python -m models.router.train` writes. The file: 8 bytes `CODEYRT1`, the CRC-32 of
all that follows, the number of labels and of buckets (each an unsigned 32-bit number, little-endian), the length of the
labels' names and the names themselves (UTF-8, joined by spaces), a float32 scale and a float32 bias for each label, then
one signed byte for each bucket and label, a bucket's bytes together.
"""

import itertools
import math
import re
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

MAGIC = b"CODEYRT1"
MAX_TOKENS = 48
"""Tokens of a request that are looked at: a long one says in its beginning what it wants."""

_HEAD = struct.Struct("<8sIIII")
_TOKEN = re.compile(
    r"(?P<quote>`[^`\n]+`|\"[^\"\n]+\"|(?<!\w)'[^'\n]+'(?!\w))|(?P<url>[a-z]+://\S+)"
    r"|(?P<path>@?[\w.~-]*/[\w./-]*|[\w-]*\.[a-z_]\w{0,7}(?:\.[a-z]\w{0,7})*\b)|(?P<number>\d+(?:[.,]\d+)*)"
    r"|(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)|(?P<name>\w+)|(?P<mark>[^\w\s])",
    re.IGNORECASE,
)


class Guess(NamedTuple):
    """The best label, how far its probability lies above the second one's (0..1), all labels, the best first, and the
    probability of each (0..1), in the same order."""

    label: str
    margin: float
    ranking: tuple[str, ...]
    odds: tuple[float, ...]


class WeightsBroken(Exception):
    """The file of weights is missing, cut short or of another version; the sentence names it."""


class Linear:
    """The weights of the router, ready to use."""

    def __init__(self, labels: tuple[str, ...], scales: list[float], biases: list[float], weights: memoryview) -> None:
        self.labels = labels
        self._scales = scales
        self._biases = biases
        self._weights = weights
        self._mask = len(weights) // len(labels) - 1

    @classmethod
    def load(cls, path: Path) -> "Linear":
        """Read a file of weights. Raises WeightsBroken."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise WeightsBroken(f"The router's weights {path} cannot be read ({error.strerror}).") from error
        return cls.parse(data, str(path))

    @classmethod
    def parse(cls, data: bytes, name: str = "the router's weights") -> "Linear":
        """The weights in the bytes of a file. Raises WeightsBroken."""
        if len(data) < _HEAD.size or data[:8] != MAGIC:
            raise WeightsBroken(f"{name} is no file of router weights of version 1.")
        _, checksum, count, buckets, length = _HEAD.unpack_from(data)
        start = _HEAD.size + length
        if len(data) != start + 8 * count + count * buckets or buckets & (buckets - 1) or not count:
            raise WeightsBroken(f"{name} is cut short or too long.")
        if zlib.crc32(data[12:]) != checksum:
            raise WeightsBroken(f"{name} is damaged: its checksum does not fit.")
        labels = tuple(data[_HEAD.size : start].decode().split())
        numbers = struct.unpack_from(f"<{2 * count}f", data, start)
        weights = memoryview(data)[start + 8 * count :].cast("b")
        return cls(labels, list(numbers[:count]), list(numbers[count:]), weights)

    def guess(self, text: str, hint: str = "") -> Guess:
        """What `text` most likely is; `hint` is what the rules took it for."""
        count = len(self.labels)
        sums = [0] * count
        mask, weights = self._mask, self._weights
        for feature in features(text, hint):
            at = (zlib.crc32(feature.encode("utf-8", "replace")) & mask) * count
            sums = [total + weight for total, weight in zip(sums, weights[at : at + count], strict=True)]
        scores = [total * scale + bias for total, scale, bias in zip(sums, self._scales, self._biases, strict=True)]
        top = max(scores)
        raw = [math.exp(score - top) for score in scores]
        total = sum(raw)
        order = sorted(range(count), key=raw.__getitem__, reverse=True)
        odds = tuple(raw[index] / total for index in order)
        margin = odds[0] - odds[1] if count > 1 else 1.0
        return Guess(self.labels[order[0]], margin, tuple(self.labels[index] for index in order), odds)


def pack(labels: tuple[str, ...], scales: list[float], biases: list[float], weights: bytes) -> bytes:
    """The bytes of a file of weights; `weights` holds one signed byte for each bucket and label."""
    names = " ".join(labels).encode()
    body = struct.pack("<III", len(labels), len(weights) // len(labels), len(names)) + names
    body += struct.pack(f"<{2 * len(labels)}f", *scales, *biases) + weights
    return MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def features(text: str, hint: str = "") -> set[str]:
    """What the model sees of a request: words and pairs of neighbours, its first words and their letters, and its form.

    File names, quoted text, addresses and numbers stand as what they are; endings of file names are kept.
    """
    tokens = ["^"]
    found: set[str] = {f"hint:{hint}"}
    for match in _TOKEN.finditer(text[:2000]):
        kind, token = match.lastgroup, match.group().lower()
        if kind == "path":
            found.add(f"ending:{token.rpartition('.')[2]}" if "." in token else "folder")
        elif kind == "name" or (kind == "word" and match.group().isupper() and len(token) > 1):
            found.update(("name", token))
        if kind in ("path", "url", "quote", "number"):
            token = f"<{kind}>"
        tokens.append(token)
        if len(tokens) > MAX_TOKENS:
            break
    tokens.append("$")
    found.update(tokens)
    found.update(f"{left} {right}" for left, right in itertools.pairwise(tokens))
    found.add(f"first:{' '.join(tokens[1:3])}")
    found.update(f"start:{first[at : at + 3]}" for first in (f"_{tokens[1]}_",) for at in range(len(first) - 2))
    spoken = sum(token[0].isalpha() for token in tokens)
    found.add(f"length:{min(spoken, 4) if spoken < 5 else 5 + min(spoken // 6, 4)}")
    if text.rstrip().endswith("?"):
        found.add(f"asks {tokens[1]}")
    return found
