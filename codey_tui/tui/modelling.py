"""The commands about models: choosing one, what fits this machine, and fetching and removing them."""

from abc import abstractmethod
from typing import Any

from textual.app import App

from codey_tui.protocol.client import EngineGone, QueryFailed
from codey_tui.protocol.ops import Op, PullModel, SetModel
from codey_tui.protocol.queries import GetStatus, ListModels
from codey_tui.tui.state import View


class Modelling(App[int]):
    """Part of the app."""

    view: View

    @abstractmethod
    def submit(self, op: Op) -> None:
        """Send an Op."""

    @abstractmethod
    async def ask(self, query: Any) -> Any:
        """Ask the engine."""

    def do_model(self, argument: str) -> None:
        """Set the model."""
        if argument:
            self.submit(SetModel(model=argument))
        else:
            self.run_worker(self._choose_model(), group="ask", exclusive=True)

    async def _choose_model(self) -> None:
        from codey_tui.tui.screens.choice import Choice, Row
        from codey_tui.tui.telling import memory, model_text

        try:
            status = await self.ask(GetStatus())
        except (EngineGone, QueryFailed):
            return
        rows = [
            Row(model.id, model.title or model.id, f"{memory(model.size)} · {model_text(model)}")
            for model in status.models
        ]
        empty = "There is no model. Put a GGUF file into the settings (models), then try again."
        chosen = await self.push_screen_wait(Choice("Model", rows, chosen=status.model.id, empty=empty))
        if chosen and chosen != status.model.id:
            self.submit(SetModel(model=chosen))

    def do_models(self, argument: str) -> None:
        """Show what fits this machine, or fetch the one that is named."""
        if argument:
            self.submit(PullModel(model=argument))
        else:
            self.run_worker(self._show_models(), group="ask", exclusive=True)

    def do_larger(self) -> None:
        """Show what fits this machine, the recommended model marked: the last request was beyond the present one."""
        self.run_worker(self._show_models(larger=True), group="ask", exclusive=True)

    async def _show_models(self, *, larger: bool = False) -> None:
        from codey_tui.tui.screens.models import ModelsScreen

        try:
            here, present = await self.ask(ListModels()), (await self.ask(GetStatus())).model
        except (EngineGone, QueryFailed):
            return
        screen = ModelsScreen(here, present, self.view, self.submit, self.ask, larger=larger)
        if op := await self.push_screen_wait(screen):
            self.submit(op)
