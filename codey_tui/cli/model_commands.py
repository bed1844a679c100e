"""The commands below `codey models`; what each needs is imported inside it."""

from pathlib import Path
from typing import Any

import click

from codey_tui.cli.options import JSON, Seconds

CONTEXT = click.option("--context", "--ctx", "context_tokens", type=int, help="Tokens of context; by default yours.")
KV = click.option("--kv", "kv_type", type=click.Choice(["f16", "q8_0"]), help="KV cache; by default yours.")


@click.group()
def models() -> None:
    """Models: which fit this machine, and fetching, finding and removing them."""


@models.command("list")
@CONTEXT
@KV
@JSON
def list_models(as_json: bool, **flags: Any) -> int:
    """List the models that are here and those of the catalogue, and say what fits this machine."""
    from codey_tui.cli.models_shown import show_models

    return show_models(flags, as_json=as_json)


@models.command()
@JSON
def ps(as_json: bool) -> int:
    """Say what is in memory in all workspaces: models, for what they work, what they take, and when they are given back."""
    from codey_tui.cli.models_loaded import show_loaded

    return show_loaded(as_json=as_json)


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


@models.command()
@click.argument("model", required=False, metavar="[ID|FILE]")
@click.option("--seconds", type=Seconds(1, 3600), default=60.0, show_default=True, help="What it may take, about.")
@JSON
def probe(model: str | None, seconds: float, as_json: bool) -> int:
    """Measure how a model runs best here: threads, batch, flash attention, KV cache. By default your model.

    What is found counts from the next load on. Ctrl+C ends it, and nothing is kept.
    """
    from codey_tui.cli.models_probed import probe_model

    return probe_model(model, seconds=seconds, as_json=as_json)


@models.command("import")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--id", "name", help="Its id here; by default the name of its file.")
@click.option("--all", "everything", is_flag=True, help="Use all that is found in the usual places.")
@JSON
def import_models(path: Path | None, name: str | None, everything: bool, as_json: bool) -> int:
    """Use GGUF files where they are: a file, a folder of them, or those of LM Studio, Ollama, llama.cpp and the hub.

    Nothing is copied. Without PATH it says what is found in the usual places.
    """
    from codey_tui.cli.models_found import import_all, import_path, show_found

    if path is not None:
        return import_path(path, name or "", as_json=as_json)
    return import_all(as_json=as_json) if everything else show_found(as_json=as_json)


@models.command()
@click.argument("model", metavar="ID|OWNER/REPOSITORY/FILE")
@JSON
def pull(model: str, as_json: bool) -> int:
    """Fetch a model from the Hugging Face hub and check it; the same command goes on after an interruption.

    HF_ENDPOINT names a mirror, HF_TOKEN opens gated models.
    """
    from codey_tui.cli.models_pulled import pull_model

    return pull_model(model, as_json=as_json)


@models.command()
@click.argument("model", metavar="ID")
@click.option("--yes", is_flag=True, help="Without a question.")
def remove(model: str, yes: bool) -> int:
    """Remove a model that was fetched, or forget one that was imported (its file stays where it is)."""
    from codey_tui.cli.models_pulled import remove_model

    return remove_model(model, yes=yes)
