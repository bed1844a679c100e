"""What a person is told when a model leaves memory by itself, and the step down after the kernel killed one."""

import asyncio
from collections.abc import Callable

from codey_tui.engine.choosing import choose_model
from codey_tui.engine.parts import EngineParts
from codey_tui.engine.providers import Providers
from codey_tui.inference.ladder import describe
from codey_tui.protocol import events as ev
from codey_tui.protocol.ops import SetModel


class Lifecycle:
    """Hears of models from the residency; `present` gives the id of the chosen one, `choose` carries a choice out."""

    def __init__(
        self,
        parts: EngineParts,
        providers: Providers,
        present: Callable[[], str],
        emit: Callable[[ev.Event], object],
        choose: Callable[[SetModel], None],
    ) -> None:
        self._parts = parts
        self._providers = providers
        self._present = present
        self._emit = emit
        self._choose = choose
        if parts.residency is not None:
            parts.residency.left = self._left
            parts.residency.killed = self._killed
            parts.residency.waits = lambda text: self._emit(ev.Noticed(level="info", text=text))

    async def close(self) -> None:
        """Close the engine's account; its models have been unloaded."""
        if self._parts.residency is not None:
            await self._parts.residency.close()

    def _left(self, model: str, why: str) -> None:
        """The chosen model is shown as idle again; nobody sees another."""
        if model == self._present() and model in self._parts.models:
            self._emit(ev.ModelChanged(model=self._parts.models[model].info))

    def _killed(self, model: str) -> None:
        if model in self._parts.models:
            self._providers.in_background(self._step_down(model))

    async def _step_down(self, model: str) -> None:
        """From the next try on the model is loaded with less, or a smaller one in the chosen one's place; no other becomes the
        chosen one."""
        info = self._parts.models[model].info
        rung = await asyncio.to_thread(self._parts.step_down, info)
        said = f"{info.title} was ended by the kernel for want of memory"
        chosen = model == self._present()
        if rung is None or (rung.model and not chosen):
            advice = "nothing smaller fits here: close other programs, or choose a smaller model with /model"
            self._emit(ev.Noticed(level="warning", text=f"{said}, and {advice}."))
            return
        op = SetModel(model=rung.model or model, n_ctx=rung.n_ctx, kv_type=rung.kv_type)
        if chosen:
            self._choose(op)
        else:
            choose_model(self._parts, self._providers, self._present(), op)
        next_try = "The next try, such as /retry," if chosen else "Its next load"
        self._emit(ev.Noticed(level="warning", text=f"{said}. {next_try} takes {describe(rung)}."))
