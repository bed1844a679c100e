"""Names of a request, bound to fixed tokens for a model that was trained to use them."""

from codey_tui.engine.slots.asking import ask_for_edit, ask_for_file
from codey_tui.engine.slots.binding import NOTHING, TOKENS, Binding, Filler, SlotUnbound
from codey_tui.engine.slots.edits import BoundEdit, EditUnbound, bind_edit, edited_function
from codey_tui.engine.slots.names import bind_entity, bind_name, entity_in, name_in

__all__ = [
    "NOTHING",
    "TOKENS",
    "Binding",
    "BoundEdit",
    "EditUnbound",
    "Filler",
    "SlotUnbound",
    "ask_for_edit",
    "ask_for_file",
    "bind_edit",
    "bind_entity",
    "bind_name",
    "edited_function",
    "entity_in",
    "name_in",
]
