"""What the screen costs while tokens stream: UI CPU and bytes per token, memory, and how soon a key is echoed.

`python -m codey_tui.bench.screen [--json]`. The engine's traffic comes from another process, and so does load like a
model's (all cores but one, nice 10). Each size is measured with an empty transcript and with a long one.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from codey_tui.bench.engine import LAST, STREAMING
from codey_tui.bench.pty import Pty
from codey_tui.bench.stage import MARK, burners, engine, workbench

SIZES = ((80, 24), (120, 36), (48, 60))
MESSAGES = 2000
RATE = 20.0  # tokens a second
SETTLE = 2.0  # seconds after the last paint of the history
KEY_GAP = 0.07  # seconds between two keys
CPU_RATIO_LIMIT = 1.5
RSS_LIMIT = 60 * 2**20
ECHO_P99_LIMIT = 0.100

# Letters that nothing else on the screen uses: each is typed once, so that its bytes in the output are its echo.
LETTERS = [
    chr(code) for code in (*range(0x3B1, 0x3C2), *range(0x430, 0x450), *range(0x561, 0x587), *range(0x10D0, 0x10F1))
]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One run. CPU in seconds a token, memory in bytes, echo in seconds."""

    columns: int
    rows: int
    messages: int
    cpu_per_token: float
    bytes_per_token: float
    rss: int
    echo_p50: float
    echo_p99: float
    keys: int


class _Output:
    """The end of what was painted, to look for text in."""

    def __init__(self) -> None:
        self.tail = b""

    def __call__(self, data: bytes) -> None:
        self.tail = (self.tail + data)[-200_000:]

    def has(self, text: str) -> bool:
        return text.encode() in self.tail


def measure(size: tuple[int, int], messages: int, *, tokens: int, keys: int, link: str = "local") -> Cost:
    """Run the workbench once. Raises TimeoutError when it does not get where it should."""
    columns, rows = size
    output = _Output()
    with (
        engine(messages, RATE) as (socket, workspace),
        workbench(socket, workspace, columns=columns, rows=rows, link=link, on_output=output) as terminal,
    ):
        _until(terminal, output, MARK)
        if messages:
            _until(terminal, output, LAST)
        terminal.pump_for(SETTLE)
        terminal.send("go")
        terminal.pump_for(SETTLE)
        terminal.send("\r")  # by itself: an enter that comes with letters is a paste
        _until(terminal, output, STREAMING)
        terminal.pump_for(SETTLE)
        cpu, count, start = terminal.cpu_seconds(), terminal.bytes_read, time.monotonic()
        terminal.pump_for(tokens / RATE)
        passed = (time.monotonic() - start) * RATE
        cpu, count = terminal.cpu_seconds() - cpu, terminal.bytes_read - count
        with burners(max(1, (os.cpu_count() or 2) - 1)):
            echoes = [_echo(terminal, letter) for letter in LETTERS[:keys]]
        return Cost(
            columns=columns,
            rows=rows,
            messages=messages,
            cpu_per_token=cpu / passed,
            bytes_per_token=count / passed,
            rss=terminal.rss(),
            echo_p50=statistics.median(echoes),
            echo_p99=quantile(echoes, 0.99),
            keys=len(echoes),
        )


def _until(terminal: Pty, output: _Output, text: str) -> None:
    if not terminal.until(lambda: output.has(text), timeout=60.0):
        raise TimeoutError(f"the workbench never showed {text!r}; its last output was {output.tail[-300:]!r}")


def _echo(terminal: Pty, letter: str) -> float:
    """Seconds from a key to the picture that shows it."""
    terminal.pump_for(KEY_GAP)
    wanted = letter.encode()
    seen = b""
    start = time.monotonic()
    terminal.send(letter)
    while wanted not in seen:
        seen = seen[-8:] + terminal.pump(0.5)
        if time.monotonic() - start > 10.0:
            raise TimeoutError(f"the key {letter!r} was not echoed within 10 s")
    return time.monotonic() - start


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(costs: Sequence[Cost]) -> str:
    """The figures as a table."""
    head = "   size  messages  CPU ms/token  bytes/token  RSS MiB  echo p50 ms  echo p99 ms"
    rows = (
        f"{f'{cost.columns}x{cost.rows}':>7}  {cost.messages:8}  {cost.cpu_per_token * 1e3:12.2f}  "
        f"{cost.bytes_per_token:11.0f}  {cost.rss / 2**20:7.1f}  {cost.echo_p50 * 1e3:11.1f}  {cost.echo_p99 * 1e3:11.1f}"
        for cost in costs
    )
    return "\n".join((head, *rows))


def verdicts(costs: Sequence[Cost]) -> dict[str, bool]:
    """Which limits are held: CPU per token long against empty, memory, echo."""
    by_size: dict[tuple[int, int], dict[int, Cost]] = {}
    for cost in costs:
        by_size.setdefault((cost.columns, cost.rows), {})[cost.messages] = cost
    ratios = [
        runs[max(runs)].cpu_per_token / runs[0].cpu_per_token for runs in by_size.values() if 0 in runs and max(runs)
    ]
    return {
        f"CPU per token, long / empty <= {CPU_RATIO_LIMIT} (worst {max(ratios, default=0):.2f})": max(ratios, default=0)
        <= CPU_RATIO_LIMIT,
        f"RSS <= {RSS_LIMIT // 2**20} MiB": all(cost.rss <= RSS_LIMIT for cost in costs),
        f"key-to-echo p99 <= {ECHO_P99_LIMIT * 1e3:.0f} ms": all(cost.echo_p99 <= ECHO_P99_LIMIT for cost in costs),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--tokens", type=int, default=200, help="tokens over which CPU and bytes are counted")
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--size", action="append", help="such as 80x24; may be given more than once")
    parser.add_argument("--link", choices=("auto", "local", "slow"), default="local")
    options = parser.parse_args(arguments)
    sizes = [(int(size.split("x")[0]), int(size.split("x")[1])) for size in options.size or ()] or list(SIZES)
    costs: list[Cost] = []
    for size in sizes:
        for messages in (0, options.messages):
            costs.append(measure(size, messages, tokens=options.tokens, keys=options.keys, link=options.link))
            sys.stdout.write(table(costs[-1:]).split("\n")[-1] + "\n" if len(costs) > 1 else table(costs) + "\n")
            sys.stdout.flush()
    held = verdicts(costs)
    sys.stdout.write("".join(f"{'held' if ok else 'NOT HELD'}: {what}\n" for what, ok in held.items()))
    figures = json.dumps({"costs": msgspec.to_builtins(costs), "held": held}, indent=1)
    if options.json is not None:
        options.json.write_text(figures + "\n")
    else:
        sys.stdout.write(figures + "\n")
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
