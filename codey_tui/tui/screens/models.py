"""The models of this machine and of the hub: which fit, and fetching, choosing and removing them."""

from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from codey_tui.protocol.client import EngineGone, QueryFailed
from codey_tui.protocol.models import ModelInfo, ModelsHere
from codey_tui.protocol.ops import CancelPull, Op, PullModel, RemoveModel, SetModel
from codey_tui.protocol.queries import ListModels
from codey_tui.tui.screens.choice import Choice, Row, ask_first, row_content
from codey_tui.tui.screens.modal import LiveModal
from codey_tui.tui.screens.model_rows import Entry, entries, fetch_text, op_for, pull_line, remove_text, room_text
from codey_tui.tui.state import View

_WIDEST, _FRAME = 76, 8
"""Cells that the window takes at most (as its style says), and those of border, padding and indentation."""
_FETCH = (Row("yes", "Fetch it", "", "y"), Row("no", "Not now", "", "n"))
_REMOVE = (Row("yes", "Remove it", "", "y"), Row("no", "Keep it", "", "n"))


class ModelsScreen(LiveModal[SetModel | None]):
    """Returns the Op that loads the chosen model; fetching and removing go on while it is open. `submit` and `ask` are those of
    the client. With `larger` the recommended model is marked first."""

    BINDINGS = [
        Binding("escape,ctrl+q,q", "leave", "Back", show=False, id="models.back"),
        Binding("c", "stop", "Stop fetching", show=False, id="models.stop"),
        Binding("d", "remove", "Remove", show=False, id="models.remove"),
    ]

    def __init__(
        self,
        here: ModelsHere,
        present: ModelInfo,
        view: View,
        submit: Callable[[Op], None],
        ask: Callable[[Any], Awaitable[Any]],
        *,
        larger: bool = False,
    ) -> None:
        super().__init__()
        self._here = here
        self._present = present
        self._view = self._shown = view
        self._submit = submit
        self._ask = ask
        self._entries = entries(here, present, view.pulls)
        best = next((offer.id for offer in here.offers if offer.recommended), "")
        self._first = best if larger and best else present.id

    def compose(self) -> ComposeResult:
        """What there is room for, the models, and the keys."""
        with Vertical(classes="window") as window:
            window.border_title = "Models for this machine"
            window.border_subtitle = "enter · c stop · d remove · q back"
            yield Static(Content(room_text(self._here)), classes="text")
            yield OptionList(*(Option(self._prompt(entry), id=entry.row.id) for entry in self._entries))

    def on_mount(self) -> None:
        """Mark the first one, and show what came meanwhile."""
        options = self.query_one(OptionList)
        options.highlighted = self._index(self._first)
        options.focus()
        self._show_latest()

    def _index(self, row: str) -> int:
        return next((number for number, entry in enumerate(self._entries) if entry.row.id == row), 0)

    def _prompt(self, entry: Entry) -> Content:
        """A row; a model that is being fetched has its progress in the place of its figures."""
        row = entry.row
        pull = self._view.pulls.get(entry.model)
        head = row_content(row, chosen=row.id == self._present.id, detail=pull is None)
        if pull is None:
            return head
        room = min(_WIDEST, self.app.size.width * 9 // 10) - _FRAME  # pyright: ignore[reportUnknownMemberType]
        return Content("\n").join([head, Content("  ") + pull_line(pull, room)])

    # --- what happens meanwhile ------------------------------------------------------------------------------------------
    def show_view(self, view: View) -> None:
        """Progress, and models that came or went."""
        self._view = view
        if self.query(OptionList):  # before it is composed and while it goes there is nothing to show it on
            self._show_latest()

    def _show_latest(self) -> None:
        before, self._shown = self._shown, self._view
        view = self._view
        if before.models_changed != view.models_changed:
            self.run_worker(self._look_again(), exclusive=True)
        elif before.pulls != view.pulls:
            self._paint()

    async def _look_again(self) -> None:
        try:
            self._here = await self._ask(ListModels())
        except (EngineGone, QueryFailed):
            return
        self.query_one(".text", Static).update(Content(room_text(self._here)))
        self._paint()

    def _paint(self) -> None:
        options = self.query_one(OptionList)
        ids = [entry.row.id for entry in self._entries]
        self._entries = entries(self._here, self._present, self._view.pulls)
        if ids == [entry.row.id for entry in self._entries]:
            for number, entry in enumerate(self._entries):
                options.replace_option_prompt_at_index(number, self._prompt(entry))
            return
        marked = ids[options.highlighted] if options.highlighted is not None else ""
        options.set_options([Option(self._prompt(entry), id=entry.row.id) for entry in self._entries])
        options.highlighted = self._index(marked)

    # --- keys --------------------------------------------------------------------------------------------------------------
    def _marked(self) -> Entry | None:
        at = self.query_one(OptionList).highlighted
        return self._entries[at] if at is not None and at < len(self._entries) else None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the model: load it, or fetch it first."""
        event.stop()
        entry = self._entries[event.option_index]
        if not entry.fetch:
            self.dismiss(op_for(entry))
        elif entry.model not in self._view.pulls:
            self._ask_first(fetch_text(entry, self._here), _FETCH, PullModel(model=entry.model))

    def on_key(self, event: object) -> None:
        """A way to load the present model, by its key."""
        key = getattr(event, "key", "")
        for entry in self._entries:
            if entry.row.key and entry.row.key == key:
                self.dismiss(op_for(entry))
                return

    def action_stop(self) -> None:
        """Stop fetching the marked model."""
        entry = self._marked()
        if entry is not None and entry.model in self._view.pulls:
            self._submit(CancelPull(model=entry.model))
        else:
            self.notify("It is not being fetched.", timeout=3)

    def action_remove(self) -> None:
        """Remove the marked model, after a question."""
        entry = self._marked()
        if entry is None or not entry.removable:
            self.notify("Only models that Codey fetched or imported can be removed here.", timeout=4)
        elif entry.model == self._present.id:
            self.notify("It is in use. Choose another model first, then remove it.", timeout=4)
        else:
            self._ask_first(remove_text(entry), _REMOVE, RemoveModel(model=entry.model))

    def _ask_first(self, text: str, rows: tuple[Row, ...], op: Op) -> None:
        ask_first(self, Choice("Models", rows, text=text), lambda: self._submit(op))

    def action_leave(self) -> None:
        """Back; what is being fetched goes on."""
        self.dismiss(None)
