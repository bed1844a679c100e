"""The commands below `codey bench`; what each needs is imported inside it."""

from typing import Any

import click

from codey_tui.cli.options import JSON, Seconds

MODEL = click.option("--model", metavar="ID|FILE", help="Model to measure: an id, or a GGUF file; by default yours.")
CONTEXT = click.option("--context", "--ctx", "context_tokens", type=int, help="Tokens of context; by default yours.")
KV = click.option("--kv", "kv_type", type=click.Choice(["f16", "q8_0"]), help="KV cache; by default yours.")


@click.group()
def bench() -> None:
    """Measure on this machine: how fast a model is, what memory it takes, how soon it answers.

    Ctrl+C ends a measurement with what has been measured so far. For figures to trust let nothing else run.
    """


@bench.command()
@MODEL
@CONTEXT
@KV
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True, help="Measurements of each side.")
@click.option("--seconds", type=Seconds(0.1, 600), default=4.0, show_default=True, help="Of each generation, about.")
@click.option(
    "--reference", metavar="PROGRAM", default="", help="llama-bench to compare with; by default that on PATH."
)
@click.option("--spin", is_flag=True, help="Let the threads of the reference spin while they wait.")
@click.option("--no-screen", is_flag=True, help="Without a workbench attached to the engine.")
@JSON
def speed(rounds: int, seconds: float, reference: str, spin: bool, no_screen: bool, as_json: bool, **flags: Any) -> int:
    """Tokens a second through all of Codey, against llama.cpp by itself, in turn and with the same settings.

    Without llama-bench a bare loop around llama.cpp in a process of its own is the reference.
    """
    from codey_tui.cli.benched_speed import bench_speed

    return bench_speed(
        flags, rounds=rounds, seconds=seconds, program=reference, spin=spin, screen=not no_screen, as_json=as_json
    )


@bench.command()
@MODEL
@CONTEXT
@JSON
def memory(as_json: bool, **flags: Any) -> int:
    """Memory of the model's process, forecast from the file's header and measured, by context and kind of KV cache.

    What does not fit this machine now is forecast alone.
    """
    from codey_tui.cli.benched_memory import bench_memory

    return bench_memory(flags, as_json=as_json)


@bench.command()
@MODEL
@CONTEXT
@KV
@click.option("--no-screen", is_flag=True, help="Without a workbench attached to the engine.")
@JSON
def latency(no_screen: bool, as_json: bool, **flags: Any) -> int:
    """Time to the first word: cold, with a beginning that was read before, after a restart; and from a key to its echo."""
    from codey_tui.cli.benched_latency import bench_latency

    return bench_latency(flags, screen=not no_screen, as_json=as_json)
