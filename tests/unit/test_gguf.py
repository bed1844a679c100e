"""Headers of GGUF files: what they tell, and that no damaged or hostile file gets further than a sentence."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codey_tui.inference.footprint import forecast
from codey_tui.inference.gguf import GgufInfo, inspect
from codey_tui.inference.provider import InferenceError, ModelBroken, ModelMissing
from codey_tui.inference.shape import shape_of
from tests.fakes.tiny_gguf import CONTROLS, write_tiny_gguf


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """The bytes of a good model."""
    yield write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "good.gguf", n_ctx=768, layers=2).read_bytes()


def test_a_header_tells_what_the_model_is(tmp_path: Path) -> None:
    info = inspect(write_tiny_gguf(tmp_path / "m.gguf", n_ctx=768, layers=2))
    assert (info.architecture, info.name, info.context_length) == ("llama", "tiny llama", 768)
    assert info.number("block_count") == 2
    assert info.number("no_such_key", 7) == 7
    assert info.array_lengths["tokenizer.ggml.tokens"] == 256 + len(CONTROLS)
    assert 0 < info.tensor_bytes <= info.file_size


def test_a_long_array_is_counted_and_not_kept(tmp_path: Path) -> None:
    info = inspect(write_tiny_gguf(tmp_path / "m.gguf", say=[f"word{i}" for i in range(1200)]))
    assert info.array_lengths["tokenizer.ggml.tokens"] == 256 + len(CONTROLS) + 1200
    assert "tokenizer.ggml.tokens" not in info.values


def test_missing_files_folders_and_crumbs(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no model file"):
        inspect(tmp_path / "gone.gguf")
    with pytest.raises(ModelBroken, match="not a file"):
        inspect(tmp_path)
    (tmp_path / "empty.gguf").write_bytes(b"")
    with pytest.raises(ModelBroken, match="0 bytes"):
        inspect(tmp_path / "empty.gguf")


def test_every_cut_is_noticed(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "cut.gguf"
    for size in [*range(0, 20_000, 97), len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(ModelBroken):
            inspect(path)


def test_versions_that_cannot_be_read(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "old.gguf"
    path.write_bytes(whole[:4] + struct.pack("<I", 1) + whole[8:])
    with pytest.raises(ModelBroken, match="version 1"):
        inspect(path)


@pytest.mark.parametrize("count", [2**64 - 1, 2**40, 100_000])
def test_counts_that_no_file_holds(tmp_path: Path, whole: bytes, count: int) -> None:
    path = tmp_path / "hostile.gguf"
    for at in (8, 16, 24):  # tensors, keys, the length of the first key
        path.write_bytes(whole[:at] + struct.pack("<Q", count) + whole[at + 8 :])
        with pytest.raises(ModelBroken):
            inspect(path)


def test_arrays_nested_without_end(tmp_path: Path) -> None:
    key = struct.pack("<Q", 1) + b"k" + struct.pack("<I", 9)
    nested = struct.pack("<IQ", 9, 1) * 10_000
    path = tmp_path / "nested.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key + nested)
    with pytest.raises(ModelBroken):
        inspect(path)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(4, 9000), raw=st.binary(min_size=1, max_size=8))
def test_damage_anywhere_in_the_header_never_escapes(tmp_path: Path, whole: bytes, at: int, raw: bytes) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(whole[:at] + raw + whole[at + len(raw) :])
    try:
        info = inspect(path)
        assert isinstance(info, GgufInfo)
        assert forecast(shape_of(info), 512).total > 0
    except InferenceError as error:
        assert str(error).endswith(".")


def test_additions_to_models_are_no_models(tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "m.gguf", architecture="clip")
    with pytest.raises(ModelBroken, match="addition"):
        inspect(path)
