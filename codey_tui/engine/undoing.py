"""Takes a turn back, and tells what was restored."""

import asyncio
from collections.abc import Callable

from codey_tui.engine.checkpoints import Checkpoints, Restored
from codey_tui.protocol import events as ev


async def undo_turn(checkpoints: Checkpoints, number: int, emit: Callable[..., object]) -> None:
    """Restore the files from before a turn; `emit(event, turn)` tells how it went."""
    try:
        restored: Restored = await asyncio.to_thread(checkpoints.undo, number)
    except OSError as error:
        text = f"Undo stopped: {error}. Nothing is lost; make room or mend the cause and undo again."
        emit(ev.Noticed(level="error", text=text))
        return
    emit(ev.TurnUndone(turn=number, restored=tuple(restored.restored), removed=tuple(restored.removed)), number)
    for note in restored.notes:
        emit(ev.Noticed(level="warning", text=note))
