"""A window over the workbench that is left once: keys that were typed ahead of its end do nothing more."""

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class Modal(ModalScreen[ScreenResultType]):
    """Like its base, but a second answer is no error."""

    _left = False

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with a result; only the first one counts."""
        if self._left:
            return AwaitComplete.nothing()
        self._left = True
        return super().dismiss(result)
