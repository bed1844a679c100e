"""Memory forecasts from headers, and the ladder of what would fit instead. Measured against real children elsewhere."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from gguf import GGUFWriter

from codey_tui.inference.footprint import MIB, Footprint, flash_serves, forecast
from codey_tui.inference.frames import KvType
from codey_tui.inference.gguf import inspect
from codey_tui.inference.ladder import Candidate, Room, Rung, fitting, ladder, refusal
from codey_tui.inference.shape import ModelShape, shape_from_keys, shape_of
from tests.fakes.shape_gguf import SHAPES, write_shape_gguf
from tests.fakes.tiny_gguf import write_tiny_gguf

SEVEN = ModelShape(
    weights=4460 * MIB,
    cached=28 * 4 * 256,
    width=3584,
    feed_forward=18_944,
    attention=3584,
    vocabulary=152_064,
    merges=151_387,
    context=32_768,
)
SMALL = ModelShape(
    weights=374 * MIB, cached=24 * 256, width=896, feed_forward=4864, attention=896, vocabulary=151_936, context=32_768
)


def test_the_header_of_a_true_shape(tmp_path: Path) -> None:
    shape = shape_of(inspect(write_shape_gguf(tmp_path / "m.gguf", SHAPES["qwen2-0.5b"])))
    assert (shape.width, shape.feed_forward, shape.attention, shape.context) == (896, 4864, 896, 32_768)
    # 24 layers, two heads of 64 for keys and as many for values
    assert shape.cached == 24 * 2 * 128
    assert shape.vocabulary == 151_936
    assert forecast(shape, 4096).kv == 4096 * 24 * 2 * 128 * 2


def test_a_head_may_be_wider_than_the_model_tells(tmp_path: Path) -> None:
    shape = shape_of(inspect(write_shape_gguf(tmp_path / "m.gguf", SHAPES["gemma3-270m"])))
    assert (shape.cached, shape.attention) == (18 * 512, 1024)


def test_the_cache_grows_with_the_context_and_halves_with_q8(tmp_path: Path) -> None:
    shape = shape_of(inspect(write_tiny_gguf(tmp_path / "m.gguf", layers=4, n_ctx=32_768)))
    small, large = forecast(shape, 512), forecast(shape, 32_768)
    assert large.kv == 64 * small.kv
    assert forecast(shape, 32_768, kv_type="q8_0").kv == large.kv * 34 // 64


def test_no_more_context_than_the_model_was_trained_for() -> None:
    assert forecast(SMALL, 1_000_000) == forecast(SMALL, 32_768)
    assert forecast(SMALL, 1_000_000).n_ctx == 32_768


def test_llama_cpp_rounds_the_context_up() -> None:
    assert forecast(SMALL, 1000).kv == forecast(SMALL, 1024).kv


def shape_with(path: Path, architecture: str, layers: int, heads_kv: int | list[int], **numbers: Any) -> ModelShape:
    """The shape of a file that is a header and nothing else."""
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(layers)
    writer.add_context_length(32_768)
    writer.add_embedding_length(1024)
    writer.add_feed_forward_length(4096)
    writer.add_head_count(16)
    writer.add_head_count_kv(heads_kv)
    for key, number in numbers.items():
        writer.add_uint32(f"{architecture}.{key.replace('__', '.')}", number)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    path.write_bytes(path.read_bytes() + bytes(32))
    return shape_of(inspect(path))


def test_layers_without_a_cache_of_their_own(tmp_path: Path) -> None:
    """Hybrids keep a state instead; the last layers of some read what earlier ones keep."""
    file = tmp_path / "m.gguf"
    convolving = shape_with(file, "lfm2", 4, [0, 8, 0, 8], shortconv__l_cache=3)
    assert (convolving.cached, convolving.state) == (2 * 8 * 128, 4 * 2 * 2 * 1024)
    every_fourth = shape_with(
        file, "qwen35", 8, 4, full_attention_interval=4, ssm__inner_size=2048, ssm__state_size=128
    )
    assert (every_fourth.cached, every_fourth.state) == (2 * 4 * 128, 4 * 6 * 2048 * 128)
    sharing = shape_with(file, "gemma4", 10, 2, attention__shared_kv_layers=6)
    assert (sharing.cached, sharing.state) == (4 * 2 * 128, 0)


def test_of_experts_those_count_that_are_used(tmp_path: Path) -> None:
    shape = shape_with(
        tmp_path / "m.gguf", "qwen3moe", 2, 4, expert_used_count=8, expert_count=128, expert_feed_forward_length=768
    )
    assert shape.feed_forward == 8 * 768


def test_windowed_layers_may_have_heads_of_another_width(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    writer = GGUFWriter(path, "gemma4")
    writer.add_block_count(4)
    writer.add_embedding_length(256)
    writer.add_head_count(8)
    writer.add_head_count_kv(2)
    writer.add_key_length(512)
    writer.add_value_length(512)
    writer.add_uint32("gemma4.attention.key_length_swa", 256)
    writer.add_uint32("gemma4.attention.value_length_swa", 256)
    writer.add_array("gemma4.attention.sliding_window_pattern", [True, True, True, False])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    path.write_bytes(path.read_bytes() + bytes(32))
    assert shape_of(inspect(path)).cached == 3 * 2 * 512 + 2 * 1024


def test_a_shape_from_the_keys_of_a_header_is_that_of_the_file(tmp_path: Path) -> None:
    path = write_shape_gguf(tmp_path / "m.gguf", SHAPES["qwen2-7b"])
    here = shape_of(inspect(path))
    keys = {
        "block_count": 28,
        "context_length": 32_768,
        "embedding_length": 3584,
        "feed_forward_length": 18_944,
        "attention.head_count": 28,
        "attention.head_count_kv": 4,
        "vocab_size": 152_064,
        "merges": here.merges,
    }
    told = shape_from_keys("qwen2", keys, path.stat().st_size)
    assert told.weights == pytest.approx(here.weights, rel=0.001)
    assert msgspec.structs.replace(told, weights=here.weights) == here


@pytest.mark.parametrize(
    ("shape", "n_ctx", "kv_type", "serves"),
    [
        (msgspec.structs.replace(SMALL, heads=14), 4096, "f16", False),
        (msgspec.structs.replace(SMALL, heads=14), 8192, "f16", True),
        (msgspec.structs.replace(SMALL, heads=14), 4096, "q8_0", True),
        (msgspec.structs.replace(SEVEN, heads=28), 4096, "f16", False),
        (msgspec.structs.replace(SEVEN, heads=28), 8192, "f16", True),
        (SEVEN, 1024, "f16", True),
    ],
)
def test_scores_of_attention_are_kept_where_they_are_small(
    shape: ModelShape, n_ctx: int, kv_type: KvType, serves: bool
) -> None:
    assert flash_serves(shape, n_ctx, kv_type=kv_type) is serves
    taken = forecast(shape, n_ctx, kv_type=kv_type)
    assert taken == forecast(shape, n_ctx, kv_type=kv_type, flash=serves)
    table = 4 * shape.heads * n_ctx * 256 + 2 * n_ctx * 256
    assert taken.compute - forecast(shape, n_ctx, kv_type=kv_type, flash=True).compute == (0 if serves else table)


def test_what_fits_with_flash_attention_only_is_forecast_with_it() -> None:
    shape = msgspec.structs.replace(SMALL, heads=14)
    usual, least = forecast(shape, 4096), forecast(shape, 4096, flash=True)
    assert fitting(shape, Room(available=usual.needs), 4096) == usual
    assert fitting(shape, Room(available=usual.needs - 1), 4096) == least
    rungs = ladder(shape, forecast(shape, 8192), Room(available=least.needs))
    assert ("context", 4096) in [(rung.kind, rung.n_ctx) for rung in rungs]


def rungs_for(wanted: Footprint, available: int, *others: Candidate) -> list[tuple[str, int, str, str]]:
    found = ladder(SEVEN, wanted, Room(available=available * MIB), others)
    assert all(rung.needs <= available * MIB for rung in found)
    return [(rung.kind, rung.n_ctx, rung.kv_type, rung.model) for rung in found]


def test_the_ladder_offers_what_gives_up_least_first() -> None:
    wanted = forecast(SEVEN, 16_384)
    assert wanted.needs > 5304 * MIB
    small = Candidate(id="small", shape=SMALL)
    assert rungs_for(wanted, 5304, small) == [
        ("kv", 16_384, "q8_0", ""),
        ("context", 8192, "f16", ""),
        ("model", 16_384, "f16", "small"),
    ]
    assert rungs_for(wanted, 4777) == [("both", 1024, "q8_0", "")]
    assert rungs_for(wanted, 2000, small, Candidate(id="huge", shape=SEVEN)) == [("model", 16_384, "f16", "small")]
    assert rungs_for(wanted, 100, small) == []


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (Room(budget=3_000_000_000, available=9_000_000_000), "models may use 3,000 MB (memory_budget_mb)"),
        (Room(budget=9_000_000_000, available=2_000_000_000), "2,000 MB are available on this machine now"),
    ],
)
def test_a_refusal_says_what_it_needs_what_there_is_and_what_fits(room: Room, said: str) -> None:
    wanted = forecast(SEVEN, 8192)
    rung = Rung(kind="context", n_ctx=4096, kv_type="f16", needs=2_900_000_000)
    sentence = refusal("seven.gguf", wanted, room, (rung,))
    assert "seven.gguf needs 5,4" in sentence and "context of 8,192 tokens" in sentence
    assert said in sentence
    assert "a context of 4,096 tokens (2,900 MB, --context 4096)" in sentence
    assert "codey models list" in refusal("seven.gguf", wanted, room, ())


def test_a_room_without_limits_holds_everything() -> None:
    assert Room().holds(1 << 60)
    assert not Room(available=10).holds(11)
