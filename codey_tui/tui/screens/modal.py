"""A window over the workbench that is left once: keys that were typed ahead of its end do nothing more."""

from abc import abstractmethod

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType

from codey_tui.tui.state import View


class Modal(ModalScreen[ScreenResultType]):
    """Like its base, but a second answer is no error."""

    _left = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with a result; only the first one counts."""
        if self._left:
            return AwaitComplete.nothing()
        self._left = True
        return super().dismiss(result)


class LiveModal(Modal[ScreenResultType]):
    """A window that shows what goes on while it is open."""

    @abstractmethod
    def show_view(self, view: View) -> None:
        """Called with every new view."""
