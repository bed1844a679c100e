"""Reads the header of a GGUF file without llama.cpp: what model it is, how large, and whether the file is whole.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (versions 2 and 3, little-endian).
"""

import mmap
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from codey_tui.inference.provider import ModelBroken, ModelMissing

MAGIC = b"GGUF"
MAX_KEYS = 65_536
MAX_TENSORS = 1_000_000
MAX_ARRAY = 16_777_216
MAX_TEXT_BYTES = 16 * 1024 * 1024
KEPT_ARRAY = 1024  # longer arrays (vocabularies) are skipped, not kept

# Value types by number: struct code and size. 8 is text, 9 is an array.
_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_TEXT, _ARRAY = 8, 9

# Weights per block and bytes per block, by ggml type number (ggml/src/ggml-common.h).
_BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 40),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
}

Value = int | float | str | bool | list["Value"]


@dataclass(frozen=True, kw_only=True)
class GgufInfo:
    """A header. Sizes in bytes, lengths in tokens; `values` lacks arrays of more than 1024 items.

    `array_lengths` holds the length of every array, the long ones included (the vocabulary, for one).
    """

    path: Path
    version: int
    architecture: str
    name: str
    context_length: int
    tensor_bytes: int
    file_size: int
    values: dict[str, Value]
    array_lengths: dict[str, int]

    def number(self, key: str, default: int = 0) -> int:
        """A count under `<architecture>.<key>`; of a value per layer the largest."""
        value = self.values.get(f"{self.architecture}.{key}", default)
        if isinstance(value, list):
            return max((item for item in value if isinstance(item, int)), default=default)
        return int(value) if isinstance(value, int) and value >= 0 else default


class _Cut(Exception):
    """The header wants more bytes than the file has, or lengths that no model has."""


class _Reader:
    """Walks over the header; every length is checked against the file before it is believed."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._end = len(data)
        self.at = 0

    def skip(self, count: int) -> None:
        if count > self._end - self.at:
            raise _Cut
        self.at += count

    def scalar(self, code: str) -> int | float | bool:
        start = self.at
        self.skip(struct.calcsize(code))
        return struct.unpack_from(code, self._data, start)[0]

    def integer(self, code: str, limit: int) -> int:
        number = int(self.scalar(code))
        if number > limit:
            raise _Cut
        return number

    def text(self) -> str:
        size = self.integer("<Q", MAX_TEXT_BYTES)
        start = self.at
        self.skip(size)
        return self._data[start : start + size].decode("utf-8", "replace")

    def value(self, kind: int, lengths: list[int], depth: int = 0) -> Value | None:
        """A value, or None for an array too long to keep; `lengths` receives the length of an array."""
        if kind == _TEXT:
            return self.text()
        if kind == _ARRAY:
            return self._array(lengths, depth)
        if kind not in _SCALARS:
            raise _Cut
        return self.scalar(_SCALARS[kind])

    def _array(self, lengths: list[int], depth: int) -> Value | None:
        kind = self.integer("<I", 12)
        count = self.integer("<Q", MAX_ARRAY)
        lengths.append(count)
        if depth > 2:
            raise _Cut
        if count <= KEPT_ARRAY:
            items = [self.value(kind, [], depth + 1) for _ in range(count)]
            return [item for item in items if item is not None]
        if kind in _SCALARS:
            self.skip(count * struct.calcsize(_SCALARS[kind]))
        elif kind == _TEXT:
            self._skip_texts(count)
        else:
            raise _Cut
        return None

    def _skip_texts(self, count: int) -> None:
        """The hot loop: vocabularies and merges have some 300,000 entries in a large model."""
        data, at, last = self._data, self.at, self._end - 8
        length = struct.Struct("<Q").unpack_from
        for _ in range(count):
            if at > last:
                raise _Cut
            at += 8 + length(data, at)[0]
        self.at = at
        self.skip(0)


def inspect(path: Path) -> GgufInfo:
    """What the file at `path` holds. Raises `ModelMissing` or `ModelBroken` with a sentence."""
    try:
        if not path.exists():
            raise ModelMissing(f"There is no model file at {path}.")
        if not path.is_file():
            raise ModelBroken(f"{path} is not a file, so it cannot be loaded as a model.")
        str(path.resolve()).encode()  # it travels to the model's process as text
        size = path.stat().st_size
        if size < 24:
            raise ModelBroken(f"{path.name} is no GGUF model: it has only {size} bytes.")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _inspect(path, data, size)
    except UnicodeEncodeError as error:
        raise ModelBroken(f"The name of the model file {path.resolve()} is not UTF-8 text. Rename it.") from error
    except OSError as error:
        raise ModelBroken(f"The model file {path} cannot be read: {error.strerror or error}.") from error


def _inspect(path: Path, data: mmap.mmap, size: int) -> GgufInfo:
    if data[:4] != MAGIC:
        raise ModelBroken(f"{path.name} is no GGUF model: it does not begin with the letters GGUF.")
    reader = _Reader(data)
    reader.skip(4)
    version = int(reader.scalar("<I"))
    if version not in (2, 3):
        raise ModelBroken(f"{path.name} is GGUF of version {version}; versions 2 and 3 can be read.")
    values: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    try:
        tensors = reader.integer("<Q", MAX_TENSORS)
        for _ in range(reader.integer("<Q", MAX_KEYS)):
            key, kind, counted = reader.text(), reader.integer("<I", 12), list[int]()
            value = reader.value(kind, counted)
            if value is not None:
                values[key] = value
            if counted:
                lengths[key] = counted[0]
        extent = _tensor_extent(reader, tensors)
    except _Cut:
        raise ModelBroken(
            f"{path.name} is cut short or damaged: its header asks for more than the {size:,} bytes there are. "
            "Fetch it again."
        ) from None
    alignment = values.get("general.alignment", 32)
    step = alignment if isinstance(alignment, int) and alignment > 0 else 32
    needed = -(-reader.at // step) * step + extent
    if needed > size:
        raise ModelBroken(
            f"{path.name} is cut short: it has {size:,} bytes of at least {needed:,}. Fetch it again to get the rest."
        )
    info = GgufInfo(
        path=path,
        version=version,
        architecture=str(values.get("general.architecture", "")),
        name=str(values.get("general.name", "")),
        context_length=0,
        tensor_bytes=extent,
        file_size=size,
        values=values,
        array_lengths=lengths,
    )
    return _checked(info)


def _tensor_extent(reader: _Reader, count: int) -> int:
    """Bytes from the start of the data to the end of the last tensor whose type is known."""
    extent = 0
    for _ in range(count):
        reader.text()
        weights = 1
        for _ in range(reader.integer("<I", 8)):
            weights *= reader.integer("<Q", 1 << 48)
        kind = reader.integer("<I", 1 << 31)
        offset = reader.integer("<Q", 1 << 62)
        per_block, block_bytes = _BLOCKS.get(kind, (1, 0))
        extent = max(extent, offset + weights // per_block * block_bytes)
    return extent


def _checked(info: GgufInfo) -> GgufInfo:
    """The same with its context length; refuses files that are GGUF but no language model."""
    name = info.path.name
    if not info.architecture:
        raise ModelBroken(f"{name} does not say which architecture it has, so it cannot be loaded.")
    kind = info.values.get("general.type", "model")
    if kind in ("adapter", "mmproj") or info.architecture == "clip":
        raise ModelBroken(f"{name} is an addition to a model ({kind}, {info.architecture}), no language model itself.")
    return replace(info, context_length=info.number("context_length"))
