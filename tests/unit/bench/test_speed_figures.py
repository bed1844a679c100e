"""The figures of `codey bench speed`, memory and latency, and how the reference is called."""

import json
import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from codey_tui.bench.latency import First
from codey_tui.bench.latency import report as latency_report
from codey_tui.bench.memory import Taken, cases
from codey_tui.bench.memory import report as memory_report
from codey_tui.bench.reference import Reference, Setup, Speed
from codey_tui.bench.speed import Round, filler, report
from codey_tui.bench.turns import BenchFailed
from codey_tui.inference.process import waits
from tests.fakes.llama_bench import OLD, write_llama_bench

SETUP = Setup(
    path="/m.gguf", n_ctx=512, kv_type="q8_0", threads_prompt=2, threads_generation=2, batch=128, nice=0
)  # fmt: skip


def calls_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_both_sides_get_the_same_settings(tmp_path: Path) -> None:
    program, calls = write_llama_bench(tmp_path)
    reference = Reference(SETUP, str(program), waits(tmp_path))
    assert reference.name == "llama-bench" and not reference.differs
    assert reference.measure(300, 40, before_prompt=7, before_tokens=70) == Speed(prompt=1000.0, generation=100.0)
    alike = "-b 128 -ub 128 -ctk q8_0 -ctv q8_0 -fa 1 -ngl 0 -o json -lm mmap --repack 0"
    read, written = f"-p 300 -n 0 -r 1 -t 2 {alike} -d 7", f"-p 0 -n 40 -r 1 -t 2 {alike} -d 70"
    assert calls_of(calls) == [
        {"args": call.split(), "wait": "passive"} for call in (f"-m /m.gguf {read}", f"-m /m.gguf {written}")
    ]


def test_other_threads_for_tokens_take_a_call_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    program, calls = write_llama_bench(tmp_path, options=OLD)
    reference = Reference(replace(SETUP, threads_generation=1, spin=True, mmap=False), str(program))
    assert "too old to be told not to repack the weights and what was read before" in reference.differs
    assert reference.measure(300, 40) == Speed(prompt=1000.0, generation=100.0)
    found = calls_of(calls)
    assert [call["wait"] for call in found] == ["", ""]
    told = [" ".join(call["args"]) for call in found if isinstance(call["args"], list)]
    assert "-p 300 -n 0 -r 1 -t 2" in told[0] and "-p 0 -n 40 -r 1 -t 1" in told[1]
    assert all("-mmp 0" in call and "--repack" not in call and " -d " not in call for call in told)


def test_the_tool_on_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Reference(SETUP).name == "a bare llama.cpp loop"
    write_llama_bench(tmp_path)
    assert Reference(SETUP).name == "llama-bench"


def test_what_is_wrong_with_the_reference_is_told(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match="no program"):
        Reference(SETUP, str(tmp_path / "nothing"))
    other, _ = write_llama_bench(tmp_path, options="some other tool")
    with pytest.raises(BenchFailed, match=r"is not llama\.cpp's"):
        Reference(SETUP, str(other))
    failing, _ = write_llama_bench(tmp_path, error="out of memory")
    with pytest.raises(BenchFailed, match="out of memory"):
        Reference(SETUP, str(failing)).measure(1, 1)


def test_the_ratio_is_taken_round_by_round() -> None:
    # A machine that gets half as fast from round to round changes the speeds and not the ratio.
    rounds = [
        Round(
            prompt_tokens=300,
            generation_tokens=40,
            codey=Speed(prompt=900 * slow, generation=99 * slow),
            reference=Speed(prompt=1000 * slow, generation=100 * slow),
        )
        for slow in (1.0, 0.5, 0.25)
    ]
    against = Reference(SETUP)
    told = report(rounds, model="m", setup=SETUP, against=against, screen_attached=False, wanted=5)
    assert told.prompt_ratio.median == pytest.approx(0.9) and told.generation_ratio.least == pytest.approx(0.99)
    assert told.codey_prompt_tokens_per_s.most == 900 and told.rounds == 3 and not told.complete


def test_no_two_prompts_begin_alike() -> None:
    source = random.Random(1)
    texts = [filler(300, source) for _ in range(20)]
    assert len({text.split()[0] for text in texts}) == 20
    assert all(300 <= len(text) < 310 for text in texts)


def test_memory_is_measured_up_to_what_the_model_was_trained_for() -> None:
    assert cases(4096, 32_768) == [(n, kv) for n in (2048, 4096, 8192) for kv in ("f16", "q8_0")]
    assert [n for n, _ in cases(4096, 1024)][::2] == [256, 512, 1024]
    assert max(cases(16_384, 0))[0] == 8192 and max(cases(16_384, 32_768))[0] == 16_384


def test_the_worst_forecast_is_told_without_what_was_not_measured() -> None:
    found = [
        Taken(n_ctx=1, kv_type="f16", forecast_bytes=103, measured_bytes=100),
        Taken(n_ctx=2, kv_type="f16", forecast_bytes=99, measured_bytes=100),
        Taken(n_ctx=3, kv_type="f16", forecast_bytes=500),
    ]
    told = memory_report(found, model="m", available=400, wanted=3)
    assert told.worst_over_ratio == pytest.approx(0.03) and told.worst_under_ratio == pytest.approx(0.01)
    assert memory_report(found[2:], model="m", available=400, wanted=3).worst_over_ratio == 0


def test_loading_is_left_out_of_how_much_sooner_an_answer_begins() -> None:
    cold = First(case="cold", first_text_s=12, load_s=2, prompt_s=9, tokens_new=900, tokens_cached=0)
    warm = First(case="restored", first_text_s=3, load_s=2, prompt_s=0.9, tokens_new=90, tokens_cached=810)
    told = latency_report([cold, warm], None, model="m", n_ctx=4096, complete=False)
    assert (told.restored_ratio, told.warm_ratio) == (10, 0)
