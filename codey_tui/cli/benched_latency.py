"""`codey bench latency`: how soon an answer, a key and an event are there."""

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial

from codey_tui.bench.attached import attached_screen
from codey_tui.bench.chart import Bar, Group, draw, tell
from codey_tui.bench.latency import KEYS, First, Prompts, Quick, Report, ask, quick, report
from codey_tui.bench.turns import BenchFailed, Watcher
from codey_tui.cli.benched import NO_FILES, Progress, Stage, find_measured, stage
from codey_tui.cli.failure import FAILED, INTERRUPTED, say_error
from codey_tui.cli.models_shown import print_json

_TOLD = {"cold": "nothing prepared", "warm": "beginning read before", "restored": "after a restart"}


class _Found:
    """What has been measured so far."""

    def __init__(self) -> None:
        self.first: list[First] = []
        self.quick: Quick | None = None
        self.complete = False


def bench_latency(flags: Mapping[str, object], *, screen: bool, as_json: bool) -> int:
    """Measure and print. 1 when it cannot be measured, 130 when it was interrupted."""
    measured = find_measured(flags)
    found, progress, failed, interrupted = _Found(), Progress(), "", False
    try:
        with stage(measured) as place:
            _measure(place, found, progress, n_ctx=measured.n_ctx, screen=screen)
    except KeyboardInterrupt:
        interrupted = True
    except BenchFailed as error:
        failed = str(error)
    progress.end()
    if found.first:
        told = report(found.first, found.quick, model=measured.title, n_ctx=measured.n_ctx, complete=found.complete)
        if as_json:
            print_json(told)
        else:
            _show(told)
    if failed:
        say_error(failed)
    return FAILED if failed else INTERRUPTED if interrupted else 0


def _measure(place: Stage, found: _Found, progress: Progress, *, n_ctx: int, screen: bool) -> None:
    """One engine for a sample, a second that begins cold, a third for what a restart restores."""
    prompts = Prompts(n_ctx)
    with place.engine(env=NO_FILES) as client:
        progress("loading the model to see how it splits text")
        watcher = Watcher(client)
        prompts.fit(watcher.turn(prompts.sample))
        watcher.leave()
    with place.engine(new=True) as client:
        watcher = Watcher(client)
        progress("first text, cold")
        found.first.append(ask(watcher, "cold", prompts.next()))
        progress("first text, with a beginning that was read before")
        found.first.append(ask(watcher, "warm", prompts.next()))
        watcher.leave()
    with place.engine() as client, ExitStack() as cleanup:
        watcher = Watcher(client)
        progress("first text, after a restart")
        found.first.append(ask(watcher, "restored", prompts.next()))
        if screen:
            progress("attaching a workbench")
            attached = cleanup.enter_context(attached_screen(place.place.socket, place.workspace))
            progress(f"typing {KEYS} keys while the model generates")
            found.quick = quick(client, watcher, attached, keys=KEYS)
        watcher.leave()
    found.complete = True


def _show(told: Report) -> None:
    say = partial(tell, file=sys.stdout)
    say(f"{told.model}, context {told.n_ctx:,}: seconds to the first text\n")
    groups = [
        Group(
            f"{_TOLD[first.case]}: {first.tokens_new:,} tokens new, {first.tokens_cached:,} cached",
            (
                Bar("first text", first.first_text_s - first.load_s, f"{first.first_text_s - first.load_s:.3f} s"),
                Bar("loading", first.load_s, f"{first.load_s:.3f} s", marked=False),
            ),
        )
        for first in told.first_text
    ]
    draw(groups, sys.stdout, together=True)
    say("")
    for title, ratio in (("beginning read before", told.warm_ratio), ("after a restart", told.restored_ratio)):
        if ratio:
            say(f"{title}: {ratio:.1f} times sooner than cold, loading left aside")
    if told.screen is not None:
        seen = told.screen
        say(
            f"while it generates: key to echo {seen.echo_p50_s * 1e3:.0f} ms (p99 {seen.echo_p99_s * 1e3:.0f} ms, "
            f"{seen.keys} keys); an event on its way {seen.event_p50_s * 1e3:.1f} ms "
            f"(p99 {seen.event_p99_s * 1e3:.1f} ms, {seen.events} events)"
        )
    if not told.complete:
        say("Ended before all was measured.")
