"""What was measured of models: kept by shape and machine, whole or not at all, and followed unless the settings object."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as with_

from codey_tui.inference.frames import LoadOptions
from codey_tui.inference.gguf import GgufInfo, inspect
from codey_tui.inference.lookup_payoff import PayOff
from codey_tui.inference.probed import Known, Probe, Probes, habits_of
from codey_tui.settings import Settings, computed_defaults
from codey_tui.tuning import in_words, tuned
from tests.fakes.tiny_gguf import write_tiny_gguf

PROBE = Probe(threads_prompt=4, threads_generation=3, n_batch=128, prompt_rate=100.0, generation_rate=20.0)


@pytest.fixture
def info(tmp_path: Path) -> GgufInfo:
    return inspect(write_tiny_gguf(tmp_path / "m.gguf"))


def test_a_measurement_is_found_again_for_the_same_shape_only(tmp_path: Path, info: GgufInfo) -> None:
    file = tmp_path / "data" / "probes.json"
    Probes(file, clock=lambda: 7.0).put(info, PROBE)
    other = inspect(write_tiny_gguf(tmp_path / "other.gguf", layers=2))
    same = inspect(write_tiny_gguf(tmp_path / "copy.gguf", seed=9))
    assert Probes(file).get(same).probe == with_(PROBE, at=7.0)
    assert Probes(file).get(other) == Known()
    assert [path.name for path in file.parent.iterdir()] == ["probes.json"], "nothing half-written lies about"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"x": {"probe": 3}}', b"\xff\xfe"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, info: GgufInfo, content: bytes) -> None:
    file = tmp_path / "probes.json"
    file.write_bytes(content)
    probes = Probes(file)
    assert probes.get(info) == Known()
    probes.put(info, PROBE)
    assert probes.get(info).probe is not None


def test_the_oldest_of_very_many_are_forgotten(tmp_path: Path, info: GgufInfo) -> None:
    now = 0.0
    probes = Probes(tmp_path / "probes.json", clock=lambda: now)
    made = [replace(info, tensor_bytes=size) for size in range(120)]
    for one in made:
        now += 1
        probes.put(one, PROBE)
    assert probes.get(made[0]).probe is None
    assert probes.get(made[-1]).probe is not None


def test_the_first_generation_tells_of_habits_and_small_changes_are_not_written(tmp_path: Path, info: GgufInfo) -> None:
    file = tmp_path / "probes.json"
    probes = Probes(file)
    probes.note(info, 3, habits_of(info, reuses=True, prompt_rate=100, generation_rate=10))
    assert not file.exists(), "three tokens say nothing of speed"
    probes.put(info, PROBE)
    probes.note(info, 60, habits_of(info, reuses=True, prompt_rate=100, generation_rate=10))
    habits = probes.get(info).habits
    assert habits is not None
    assert (habits.template, habits.calls, habits.reuses) == ("chatml", "", True)
    assert probes.get(info).probe is not None, "what was measured stays"
    written = file.stat().st_mtime_ns
    probes.note(info, 60, habits_of(info, reuses=True, prompt_rate=105, generation_rate=9.5))
    assert file.stat().st_mtime_ns == written
    probes.note(info, 60, habits_of(info, reuses=True, prompt_rate=100, generation_rate=30))
    told = probes.get(info).habits
    assert told is not None
    assert told.generation_rate == 30


def test_what_drafts_brought_is_remembered_until_it_is_measured_again(tmp_path: Path, info: GgufInfo) -> None:
    probes = Probes(tmp_path / "probes.json")
    for rate, gain in ((10, 0.4), (30, 0.0)):
        habits = habits_of(info, reuses=True, prompt_rate=100, generation_rate=rate, draft_gain=gain)
        probes.note(info, 60, habits)
    known = probes.get(info)
    assert tuned(LoadOptions(), known, settings(2)).draft_gain == 0.4
    assert PayOff(0.4).length(100) == 0
    assert "0.4 times as quick" in in_words(known)


@pytest.mark.parametrize(
    ("template", "family", "calls"),
    [
        (None, "", ""),
        ("{{ messages }}", "own", ""),
        ("<start_of_turn>user {% if tools %}<start_function_call>{% endif %}", "gemma", "<start_function_call>"),
        ("<|im_start|>{% for tool in tools %}{% endfor %}<tool_call>", "chatml", "<tool_call>"),
        ("[INST]{{ tools }}", "mistral", "JSON"),
    ],
)
def test_habits_are_read_from_the_chat_template(tmp_path: Path, template: str | None, family: str, calls: str) -> None:
    info = inspect(write_tiny_gguf(tmp_path / "m.gguf", template=template))
    habits = habits_of(info, reuses=False, prompt_rate=1, generation_rate=1)
    assert (habits.template, habits.calls) == (family, calls)


def settings(n_threads: int) -> Settings:
    return Settings(memory_budget_mb=1000, n_threads=n_threads)


def test_the_next_load_follows_the_measurement_and_the_settings_win() -> None:
    usual = computed_defaults()["n_threads"]
    options = LoadOptions()
    assert tuned(options, Known(), settings(usual)).n_threads == usual
    followed = tuned(options, Known(probe=PROBE), settings(usual))
    assert (followed.n_threads, followed.threads_generation, followed.n_batch) == (4, 3, 128)
    chosen = tuned(options, Known(probe=PROBE), settings(usual + 5))
    assert (chosen.n_threads, chosen.threads_generation, chosen.n_batch) == (usual + 5, 0, 128)
    larger = tuned(options, Known(probe=with_(PROBE, n_batch=4096)), settings(usual))
    assert larger.n_batch == options.n_batch, "no more memory than was forecast"


def test_what_is_known_is_told_in_a_line(info: GgufInfo) -> None:
    assert in_words(Known()) == ""
    habits = habits_of(info, reuses=True, prompt_rate=50, generation_rate=5)
    told = in_words(Known(probe=with_(PROBE, threads_generation=1), habits=habits))
    assert "20.0 tok/s with 1 thread," in told
    assert "4 threads" in told
    assert "template chatml, tool calls none, reuses" in told
