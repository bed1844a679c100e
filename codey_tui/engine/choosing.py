"""Which model is used from the next turn on, and with how much context."""

from dataclasses import replace

from codey_tui.engine.parts import EngineParts
from codey_tui.engine.providers import Providers
from codey_tui.protocol.models import ModelInfo
from codey_tui.protocol.ops import SetModel


def choose_model(parts: EngineParts, providers: Providers, present: str, op: SetModel) -> ModelInfo | str | None:
    """The model as it will be used; a sentence where there is none of that id; None where nothing changes."""
    choice = parts.models.get(op.model)
    if choice is None:
        return f"There is no model {op.model}. Known: {', '.join(parts.models)}."
    info = parts.configure(choice.info, op.n_ctx, op.kv_type)
    if (info.n_ctx, info.kv_type) != (choice.info.n_ctx, choice.info.kv_type):
        parts.models[op.model] = replace(choice, info=info)
        providers.make_anew(op.model)
    elif present == op.model and (op.n_ctx or op.kv_type):
        return None
    return info
