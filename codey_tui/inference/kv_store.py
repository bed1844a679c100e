"""Evaluated prompts (KV states) as files: named by model and conversation, checked before they are used, bounded in size.

A file is what llama.cpp wrote, then the token ids (32 bits each, little-endian), then JSON that says what the state
depends on, then a footer: a magic word, the three lengths and the SHA-256 of all before. llama.cpp itself aborts on a
file that was cut and notices no flipped bit, so nothing reaches it that was not checked here.
"""

import array
import hashlib
import os
import re
import shutil
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

_MAGIC = b"CODEYKV1"
_FOOTER = struct.Struct("<8sQII32s")  # magic, bytes of the state, number of tokens, bytes of JSON, SHA-256
_SUFFIX, _DRAFT, _TRIAL = ".kv", ".draft", ".trial"
_BLOCK = 1 << 20
_MAX_TOKENS = 1 << 24
_MAX_META = 1 << 16
# Room (bytes) that a state leaves on the disk: prompts can be evaluated again, a person's files cannot be written again.
LEAVE_FREE = 256 * 1024 * 1024
_SAFE = re.compile(r"[0-9A-Za-z_-]{1,64}")

Identity = dict[str, str]
"""What a state depends on, by name; two that differ in anything cannot use each other's states."""


@dataclass(frozen=True)
class Saved:
    """A state on the disk that fits this model and these settings; its bytes are not checked yet."""

    path: Path
    tokens: tuple[int, ...]
    state_bytes: int


class KvStore:
    """The states of one model file in a folder that several models and processes share. `note` takes a sentence for the log.

    No method raises: a prompt without a state is evaluated, which is slower and nothing else.
    """

    def __init__(
        self, folder: Path, model: str, identity: Identity, max_bytes: int, note: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._prefix = hashlib.sha256(os.fsencode(model)).hexdigest()[:16] + "."
        self._identity = identity
        self._max_bytes = max_bytes
        self._note = note

    def longest(self, prompt: Sequence[int], *, cut: bool) -> tuple[Saved, int] | None:
        """The state that shares the most tokens with the beginning of `prompt`, and how many; only whole ones where a
        state cannot be `cut`. States that other settings or another file left behind are removed."""
        best: tuple[Saved, int] | None = None
        for saved in self._fitting():
            shared = common(saved.tokens, prompt)
            if shared == len(saved.tokens) or cut:
                best = max(best or (saved, 0), (saved, shared), key=lambda found: found[1])
        return best if best and best[1] else None

    def holds(self, name: str, tokens: Sequence[int], slack: int = 0) -> bool:
        """Whether the state of a conversation already ends where these tokens end, up to `slack` of them."""
        saved = self._read(self._path(name))
        return saved is not None and common(saved.tokens, tokens) >= len(tokens) - slack

    def checked(self, saved: Saved, use: Callable[[Path], bool]) -> bool:
        """Check a state's bytes and let `use` read them; whether it could. One that is damaged, or that `use` refuses, or
        that ends this process, is gone afterwards."""
        trial = saved.path.with_suffix(f".{os.getpid()}{_TRIAL}")
        try:
            if _digest_of(saved.path) is None:
                self._drop(saved.path, "it is damaged")
                return False
            # Under another name while it is read: where reading it ends the process, nobody reads it again.
            saved.path.rename(trial)
        except OSError as error:
            self._note(
                f"The saved prompt {saved.path.name} cannot be read ({error.strerror}); it is evaluated instead."
            )
            return False
        if not use(trial):
            self._drop(trial, "llama.cpp does not take it")
            return False
        with suppress(OSError):  # restored all the same; without its name the file is swept away later
            trial.rename(saved.path)
            os.utime(saved.path)
        return True

    def save(self, name: str, tokens: Sequence[int], size: int, write: Callable[[Path], int]) -> int:
        """Let `write` put a state of about `size` bytes into a file and seal it as that of `name`; bytes of the file, 0
        where none was kept. `write` gives the bytes that it wrote, 0 where it failed."""
        if size > self._max_bytes:
            return 0
        path = self._path(name)
        draft = path.with_suffix(f".{os.getpid()}{_DRAFT}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            self.prune(self._max_bytes - size, keep=path)
            if shutil.disk_usage(self._folder).free < size + LEAVE_FREE:
                self._note("Evaluated prompts are not saved: the disk is nearly full.")
                return 0
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            try:
                written = write(draft)
                if not written or draft.stat().st_size != written:
                    self._note("An evaluated prompt could not be saved: llama.cpp did not write it whole.")
                    return 0
                total = self._seal(draft, written, tokens)
                draft.replace(path)
                return total
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            self._note(f"An evaluated prompt could not be saved ({error.strerror or error}).")
            return 0

    def prune(self, max_bytes: int, keep: Path | None = None) -> None:
        """Remove the states that were not used for longest, of any model, until the rest takes at most `max_bytes`."""
        found: list[tuple[float, int, Path]] = []
        for path in _listed(self._folder):
            with suppress(OSError):
                state = path.stat()
                found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, path in found if path != keep)
        for _, size, path in sorted(found):
            if total <= max_bytes:
                break
            if path != keep:
                self._drop(path, "the room for saved prompts (prompt_cache_mb) is used up")
                total -= size

    def _path(self, name: str) -> Path:
        safe = name if _SAFE.fullmatch(name) else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
        return self._folder / f"{self._prefix}{safe}{_SUFFIX}"

    def _fitting(self) -> Iterator[Saved]:
        for path in _listed(self._folder):
            if path.name.startswith(self._prefix) and (saved := self._read(path)) is not None:
                yield saved

    def _read(self, path: Path) -> Saved | None:
        """What a file says of itself; one that says nothing, or depends on something else, is removed."""
        try:
            found = _header(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._note(f"The saved prompt {path.name} cannot be read ({error.strerror}).")
            return None
        if found is None:
            self._drop(path, "it was cut short or damaged")
            return None
        saved, identity = found
        changed = sorted(
            name for name in {*identity, *self._identity} if identity.get(name) != self._identity.get(name)
        )
        if changed:
            self._drop(path, f"it was made with another {', '.join(changed)}")
            return None
        return saved

    def _seal(self, draft: Path, state_bytes: int, tokens: Sequence[int]) -> int:
        ids = array.array("i", tokens)
        if sys.byteorder == "big":
            ids.byteswap()
        meta = msgspec.json.encode(self._identity)
        with draft.open("r+b") as stream:
            digest = hashlib.sha256()
            while block := stream.read(_BLOCK):
                digest.update(block)
            tail = ids.tobytes() + meta
            digest.update(tail)
            stream.write(tail + _FOOTER.pack(_MAGIC, state_bytes, len(tokens), len(meta), digest.digest()))
            return stream.tell()

    def _sweep(self) -> None:
        """Remove what processes left that ended in mid-work."""
        for path in (*self._folder.glob(f"*{_DRAFT}"), *self._folder.glob(f"*{_TRIAL}")):
            owner = path.suffixes[-2].lstrip(".") if len(path.suffixes) > 1 else ""
            if not owner.isdigit() or int(owner) == os.getpid() or not _runs(int(owner)):
                self._drop(path, "its process ended in mid-work")

    def _drop(self, path: Path, why: str) -> None:
        try:
            path.unlink(missing_ok=True)
            self._note(f"The saved prompt {path.name} was thrown away: {why}.")
        except OSError as error:
            self._note(f"The saved prompt {path.name} cannot be removed ({error.strerror}), though {why}.")


def forget(folder: Path, conversation: str = "") -> tuple[int, int]:
    """Remove the states of a conversation, or all (empty); how many files and bytes. Raises OSError."""
    count = size = 0
    paths = _listed(folder)
    if not conversation:
        paths += [*folder.glob(f"*{_DRAFT}"), *folder.glob(f"*{_TRIAL}")]
    for path in paths:
        if conversation and path.name.split(".")[1] != conversation:
            continue
        with suppress(FileNotFoundError):  # an engine that runs may have removed it
            size += path.stat().st_size
            path.unlink()
            count += 1
    return count, size


def common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two sequences begin with together."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def _header(path: Path) -> tuple[Saved, Identity] | None:
    """Token ids and identity of a file, None where its parts do not fit together. Raises OSError."""
    with path.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size < _FOOTER.size:
            return None
        stream.seek(size - _FOOTER.size)
        magic, state, count, meta, _ = _FOOTER.unpack(stream.read(_FOOTER.size))
        if (
            magic != _MAGIC
            or count > _MAX_TOKENS
            or meta > _MAX_META
            or state + 4 * count + meta + _FOOTER.size != size
        ):
            return None
        stream.seek(state)
        ids = array.array("i")
        ids.frombytes(stream.read(4 * count))
        if sys.byteorder == "big":
            ids.byteswap()
        try:
            identity = msgspec.json.decode(stream.read(meta), type=Identity)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
    return Saved(path, tuple(ids), state), identity


def _digest_of(path: Path) -> bytes | None:
    """The digest of all before the footer where it is the one in the footer, else None. Raises OSError."""
    with path.open("rb") as stream:
        left = stream.seek(0, os.SEEK_END) - _FOOTER.size
        stream.seek(0)
        digest = hashlib.sha256()
        while left > 0 and (block := stream.read(min(_BLOCK, left))):
            digest.update(block)
            left -= len(block)
        said = stream.read(_FOOTER.size)
    found = digest.digest()
    return found if len(said) == _FOOTER.size and said.endswith(found) else None
