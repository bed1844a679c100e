"""Files of evaluated prompts: checked, bounded, thrown away when they cannot be trusted. Their bytes are any here."""

import os
import stat
from pathlib import Path

import pytest

from codey_tui.inference.kv_store import KvStore, forget

IDENTITY = {"model file": "1 2 ab", "context": "4096"}
STATE = bytes(range(256)) * 40


class Shelf:
    """A store in a folder, with what it noted."""

    def __init__(self, folder: Path, identity: dict[str, str] = IDENTITY, max_bytes: int = 1 << 20) -> None:
        self.folder = folder
        self.notes: list[str] = []
        self.store = KvStore(folder, "/models/m.gguf", identity, max_bytes, self.notes.append)

    def save(self, name: str, tokens: list[int], state: bytes = STATE) -> int:
        def write(file: Path) -> int:
            return file.write_bytes(state)

        return self.store.save(name, tokens, len(state), write)

    def take(self, prompt: list[int], *, cut: bool = True) -> tuple[int, bytes]:
        """Tokens that the best state shares with a prompt, and its state as llama.cpp would see it; 0 where it came to nothing."""
        found = self.store.longest(prompt, cut=cut)
        if found is None:
            return 0, b""
        read: list[bytes] = []

        def use(file: Path) -> bool:
            read.append(file.read_bytes()[: found[0].state_bytes])
            return True

        return (found[1], read[0]) if self.store.checked(found[0], use) else (0, b"")

    @property
    def names(self) -> set[str]:
        return {path.name.split(".")[1] for path in self.folder.iterdir()}


def test_the_longest_common_beginning_is_found(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kv")
    shelf.save("a", [1, 2, 3])
    shelf.save("b", [1, 2, 3, 4, 5, 9], STATE[::-1])
    assert shelf.take([1, 2, 3, 4, 5, 6, 7]) == (5, STATE[::-1])
    assert shelf.take([1, 2, 3, 4, 5, 6, 7], cut=False) == (3, STATE)
    assert shelf.take([7, 8]) == (0, b"")
    assert shelf.names == {"a", "b"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in shelf.folder.iterdir()} == {0o600}
    assert stat.S_IMODE(shelf.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("at", [0, len(STATE) // 2, len(STATE) + 1, len(STATE) + 20, -1, -45, -56])
def test_a_flipped_bit_anywhere_is_noticed(tmp_path: Path, at: int) -> None:
    shelf = Shelf(tmp_path / "kv")
    shelf.save("a", [1, 2, 3])
    (file,) = shelf.folder.iterdir()
    data = bytearray(file.read_bytes())
    data[at] ^= 0x10
    file.write_bytes(data)
    assert shelf.take([1, 2, 3, 4])[0] == 0
    # a token that rotted is not found, the rest is removed at once
    assert file.exists() == (at == len(STATE) + 1)
    assert shelf.take([1 ^ 0x1000, 2, 3, 4])[0] == 0
    assert not file.exists()


@pytest.mark.parametrize("size", [0, 1, 40, len(STATE), len(STATE) + 60])
def test_a_cut_is_noticed(tmp_path: Path, size: int) -> None:
    shelf = Shelf(tmp_path / "kv")
    shelf.save("a", [1, 2, 3])
    (file,) = shelf.folder.iterdir()
    os.truncate(file, size)
    assert shelf.take([1, 2, 3, 4])[0] == 0
    assert not file.exists()
    assert "was thrown away" in shelf.notes[-1]


@pytest.mark.parametrize("name", ["model file", "context", "new"])
def test_what_was_made_with_something_else_goes(tmp_path: Path, name: str) -> None:
    Shelf(tmp_path / "kv").save("a", [1, 2, 3])
    later = Shelf(tmp_path / "kv", {**IDENTITY, name: "another"})
    assert later.take([1, 2, 3])[0] == 0
    assert not later.names
    assert f"made with another {name}." in later.notes[0]


def test_another_model_is_left_alone(tmp_path: Path) -> None:
    Shelf(tmp_path / "kv").save("a", [1, 2, 3])
    other = KvStore(tmp_path / "kv", "/models/other.gguf", {"model file": "9"}, 1 << 20, lambda _: None)
    assert other.longest([1, 2, 3], cut=True) is None
    assert Shelf(tmp_path / "kv").take([1, 2, 3])[0] == 3


def test_a_state_that_is_refused_or_ended_its_reader_is_read_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kv")
    shelf.save("a", [1, 2, 3])
    found = shelf.store.longest([1, 2, 3], cut=True)
    assert found is not None
    assert not shelf.store.checked(found[0], lambda _: False)
    assert not shelf.names
    shelf.save("b", [1, 2, 3])
    (file,) = shelf.folder.iterdir()
    file.rename(file.with_suffix(".999999999.trial"))  # as its process left it
    assert shelf.take([1, 2, 3])[0] == 0
    shelf.save("c", [4])
    assert shelf.names == {"c"}


def test_the_oldest_go_when_room_is_short(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kv", max_bytes=3 * len(STATE))
    for age, name in enumerate(("a", "b")):
        shelf.save(name, [age])
        (file,) = (path for path in shelf.folder.iterdir() if f".{name}." in path.name)
        os.utime(file, (1000 + age, 1000 + age))
    shelf.take([0])  # used just now
    shelf.save("c", [3])
    assert shelf.names == {"a", "c"}
    assert shelf.save("d", [4], STATE * 4) == 0
    assert shelf.names == {"a", "c"}


def test_what_is_not_written_whole_is_not_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kv")

    def half(file: Path) -> int:
        file.write_bytes(STATE[:100])
        return len(STATE)

    assert shelf.store.save("a", [1], len(STATE), half) == 0
    assert shelf.store.save("b", [1], len(STATE), lambda _: 0) == 0
    assert not shelf.names
    (tmp_path / "file").write_text("no folder")
    blocked = Shelf(tmp_path / "file" / "kv")
    assert blocked.save("a", [1]) == 0
    assert "could not be saved" in blocked.notes[0]


def test_a_full_disk_costs_the_state_only(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kv", max_bytes=1 << 62)
    assert shelf.store.save("a", [1], 1 << 60, lambda _: 1) == 0
    assert "nearly full" in shelf.notes[0]


def test_forgetting_takes_one_conversation_or_all(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kv")
    for name in ("a", "b", "fixed-1"):
        shelf.save(name, [1])
    assert forget(shelf.folder, "a") == (1, pytest.approx(len(STATE), abs=300))
    assert shelf.names == {"b", "fixed-1"}
    assert forget(shelf.folder)[0] == 2
    assert not shelf.names
    assert forget(shelf.folder) == (0, 0)
    assert forget(tmp_path / "nowhere") == (0, 0)


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "kv")
    shelf.save("../../etc/x", [1, 2])
    assert [path.parent for path in tmp_path.rglob("*.kv")] == [shelf.folder]
    assert shelf.store.holds("../../etc/x", [1, 2])
