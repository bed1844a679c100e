"""The commands below `codey models`; what each needs is imported inside it."""

from typing import Any

import click

CONTEXT = click.option("--context", "--ctx", "context_tokens", type=int, help="Tokens of context; by default yours.")
KV = click.option("--kv", "kv_type", type=click.Choice(["f16", "q8_0"]), help="KV cache; by default yours.")
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, and nothing else there.")


@click.group()
def models() -> None:
    """Models: which there are, and which fit this machine."""


@models.command("list")
@CONTEXT
@KV
@JSON
def list_models(as_json: bool, **flags: Any) -> int:
    """List the models that are here and those of the catalogue, and say what fits this machine."""
    from codey_tui.cli.models_shown import show_models

    return show_models(flags, as_json=as_json)


@models.command()
@click.argument("model", metavar="ID|FILE")
@CONTEXT
@KV
@JSON
def fit(model: str, as_json: bool, **flags: Any) -> int:
    """Say how much memory a model takes, from the header of its file alone, and what would fit where it does not.

    Exits 1 when it does not fit.
    """
    from codey_tui.cli.models_shown import show_fit

    return show_fit(model, flags, as_json=as_json)
