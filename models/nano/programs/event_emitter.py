"""Event emitter: call listeners when an event happens."""

from collections.abc import Callable


class EventEmitter:
    """Functions by the name of the event that calls them."""

    def __init__(self) -> None:
        self._listeners: dict[str, list[Callable[..., object]]] = {}

    def on(self, event: str, listener: Callable[..., object]) -> None:
        """Call listener at each event; raises TypeError if it cannot be called."""
        if not callable(listener):
            raise TypeError("The listener must be a function.")
        self._listeners.setdefault(event, []).append(listener)

    def emit(self, event: str, *args: object) -> int:
        """Call the listeners of event with args and return how many there are."""
        listeners = self._listeners.get(event, [])
        for listener in listeners:
            listener(*args)
        return len(listeners)


if __name__ == "__main__":
    emitter = EventEmitter()
    emitter.on("greet", lambda name: print(f"Hello, {name}!"))
    for name in ("Ada", "Alan"):
        emitter.emit("greet", name)
