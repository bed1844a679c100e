"""`codey bench speed`: Codey against llama.cpp by itself."""

import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial

from codey_tui.bench.attached import Screen, attached_screen
from codey_tui.bench.chart import Bar, Group, draw, tell
from codey_tui.bench.reference import Reference, Setup
from codey_tui.bench.speed import Report, Round, Speeds, Spread, report
from codey_tui.bench.turns import BenchFailed
from codey_tui.cli.benched import NO_FILES, Measured, Progress, find_measured, stage
from codey_tui.cli.engine import NICENESS
from codey_tui.cli.failure import FAILED, INTERRUPTED, InputError, say_error
from codey_tui.cli.models_shown import print_json
from codey_tui.cli.terminal import plain
from codey_tui.inference.frames import generating_threads
from codey_tui.inference.process import waits


def bench_speed(
    flags: Mapping[str, object], *, rounds: int, seconds: float, program: str, spin: bool, screen: bool, as_json: bool
) -> int:
    """Measure and print. 1 when it cannot be measured, 130 when it was interrupted."""
    measured = find_measured(flags)
    setup = _setup(measured, spin=spin)
    found: list[Round] = []
    progress = Progress()
    failed, interrupted = "", False
    shown: Screen | None = None
    try:
        against = Reference(setup, program, waits(measured.path))
    except BenchFailed as error:
        raise InputError(str(error)) from error
    try:
        with stage(measured) as place, place.engine(env=NO_FILES) as client, ExitStack() as cleanup:
            if screen:
                progress("attaching a workbench")
                shown = cleanup.enter_context(attached_screen(place.place.socket, place.workspace))
            speeds = cleanup.enter_context(
                closing(
                    Speeds(
                        client, against, n_ctx=setup.n_ctx, seconds=seconds, workspace=place.workspace, tell=progress
                    )
                )
            )
            for one in speeds.rounds(rounds):
                if shown is not None:
                    shown.check()
                found += [one]
    except KeyboardInterrupt:
        interrupted = True
    except BenchFailed as error:
        failed = str(error)
    progress.end()
    if found:
        told = report(
            found, model=measured.title, setup=setup, against=against, screen_attached=shown is not None, wanted=rounds
        )
        if as_json:
            print_json(told)
        else:
            _show(told, against.differs)
    if failed:
        say_error(failed)
    return FAILED if failed else INTERRUPTED if interrupted else 0


def _setup(measured: Measured, *, spin: bool) -> Setup:
    options = measured.options
    return Setup(
        path=str(measured.path),
        n_ctx=measured.n_ctx,
        kv_type=measured.settings.kv_type,
        threads_prompt=options.n_threads,
        threads_generation=generating_threads(options, measured.info.tensor_bytes),
        batch=options.n_batch,
        nice=NICENESS + options.nice,
        flash_attention=bool(options.flash),
        mmap=options.mmap,
        spin=spin,
    )


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _show(told: Report, differs: str) -> None:
    say = partial(tell, file=sys.stdout)
    setup = told.setup
    say(f"{told.model}, against {told.reference}")
    say(
        f"threads {setup.threads_prompt} for prompts, {setup.threads_generation} for tokens; batch {setup.batch}; "
        f"KV cache {setup.kv_type}; context {setup.n_ctx:,}; flash attention {_on(setup.flash_attention)}; "
        f"mmap {_on(setup.mmap)}; "
        f"weights not repacked; screen {'attached' if told.screen_attached else 'not attached'}"
    )
    if differs:
        say(f"Not alike: {plain(differs)}.")
    say("")
    groups = (
        _group(
            "Prompt evaluation", told.prompt_tokens, told.codey_prompt_tokens_per_s, told.reference_prompt_tokens_per_s
        ),
        _group(
            "Generation",
            told.generation_tokens,
            told.codey_generation_tokens_per_s,
            told.reference_generation_tokens_per_s,
        ),
    )
    draw(groups, sys.stdout)
    say("")
    for title, ratio in (("prompt evaluation", told.prompt_ratio), ("generation", told.generation_ratio)):
        say(f"{title}: {ratio.median:.1%} of llama.cpp's ({ratio.least:.1%} to {ratio.most:.1%})")
    rounds = f"median of {told.rounds} round{'s' if told.rounds != 1 else ''}"
    say(rounds if told.complete else f"{rounds}; ended before all were measured")


def _group(title: str, tokens: int, codey: Spread, reference: Spread) -> Group:
    return Group(
        f"{title}, {tokens} tokens",
        (Bar("Codey", codey.median, _said(codey)), Bar("llama.cpp", reference.median, _said(reference), marked=False)),
    )


def _said(rate: Spread) -> str:
    return f"{rate.median:.1f} tok/s ({rate.least:.1f}-{rate.most:.1f})"
