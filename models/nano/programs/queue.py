"""A queue: the item that was put in first comes out first."""

from collections import deque


class Queue:
    """A first-in, first-out collection of items."""

    def __init__(self) -> None:
        self._items: deque[object] = deque()

    def enqueue(self, item: object) -> None:
        """Put item at the end of the queue."""
        self._items.append(item)

    def dequeue(self) -> object:
        """Remove the first item and return it; raises IndexError if there is none."""
        if not self._items:
            raise IndexError("The queue is empty.")
        return self._items.popleft()

    def is_empty(self) -> bool:
        """Return True if the queue has no items."""
        return not self._items

    def __len__(self) -> int:
        return len(self._items)


if __name__ == "__main__":
    queue = Queue()
    for item in ("first", "second", "third"):
        queue.enqueue(item)
    while not queue.is_empty():
        print(queue.dequeue())
