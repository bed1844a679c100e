"""A priority queue: the item with the lowest number comes out first."""

import heapq


class PriorityQueue:
    """Items with a priority each; equal priorities keep their order."""

    def __init__(self) -> None:
        self._items: list[tuple[float, int, object]] = []
        self._count = 0

    def push(self, item: object, priority: float) -> None:
        """Add item with its priority."""
        heapq.heappush(self._items, (priority, self._count, item))
        self._count += 1

    def pop(self) -> object:
        """Remove the most urgent item and return it; raises IndexError if there is none."""
        if not self._items:
            raise IndexError("The queue is empty.")
        return heapq.heappop(self._items)[2]

    def is_empty(self) -> bool:
        """Return True if the queue has no items."""
        return not self._items

    def __len__(self) -> int:
        return len(self._items)


if __name__ == "__main__":
    queue = PriorityQueue()
    for item, priority in (("read", 3), ("eat", 1), ("work", 2)):
        queue.push(item, priority)
    while not queue.is_empty():
        print(queue.pop())
