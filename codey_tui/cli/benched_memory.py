"""`codey bench memory`: what a model takes, by the forecast and in truth."""

import sys
from collections.abc import Mapping
from functools import partial

from codey_tui.bench.chart import Bar, Group, draw, tell
from codey_tui.bench.memory import Report, Taken, cases, measure, report
from codey_tui.bench.turns import BenchFailed
from codey_tui.cli.benched import Progress, ended_early, find_measured
from codey_tui.cli.failure import FAILED, INTERRUPTED, say_error
from codey_tui.cli.models_shown import print_json
from codey_tui.inference.ladder import mb
from codey_tui.telemetry.machine import available_memory


def bench_memory(flags: Mapping[str, object], *, as_json: bool) -> int:
    """Measure and print. 1 when it cannot be measured, 130 when it was interrupted."""
    measured = find_measured(flags)
    wanted = cases(measured.settings.context_tokens, measured.info.context_length)
    available = available_memory()
    found: list[Taken] = []
    progress, failed, interrupted = Progress(), "", False
    try:
        with ended_early():
            progress(f"{len(wanted)} loads of {measured.title}")
            for taken in measure(str(measured.path), wanted, available=available):
                found.append(taken)
                progress(f"{len(found)} of {len(wanted)} measured")
    except KeyboardInterrupt:
        interrupted = True
    except BenchFailed as error:
        failed = str(error)
    progress.end()
    if found:
        told = report(found, model=measured.title, available=available, wanted=len(wanted))
        if as_json:
            print_json(told)
        else:
            _show(told)
    if failed:
        say_error(failed)
    return FAILED if failed else INTERRUPTED if interrupted else 0


def _show(told: Report) -> None:
    say = partial(tell, file=sys.stdout)
    say(f"{told.model}; {mb(told.available_bytes)} are available on this machine now\n")
    draw([_group(taken) for taken in told.cases], sys.stdout, together=True)
    say(
        f"\nThe forecast is at most {told.worst_over_ratio:.1%} over and {told.worst_under_ratio:.1%} under what is measured."
    )
    if not told.complete:
        say("Ended before all was measured.")


def _group(taken: Taken) -> Group:
    said = f"{mb(taken.measured_bytes)} ({taken.off:+.1%})" if taken.measured_bytes else "does not fit here"
    return Group(
        f"{taken.n_ctx:,} tokens, {taken.kv_type}",
        (
            Bar("forecast", taken.forecast_bytes, mb(taken.forecast_bytes), marked=False),
            Bar("measured", taken.measured_bytes, said),
        ),
    )
