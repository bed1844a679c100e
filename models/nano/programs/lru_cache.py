"""LRU cache: when it is full, the least recently used item goes."""

from collections import OrderedDict


class LRUCache:
    """A cache that keeps at most capacity items."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("The capacity must be at least 1.")
        self.capacity = capacity
        self._items: OrderedDict[object, object] = OrderedDict()

    def get(self, key: object, default: object = None) -> object:
        """Return the value of key, or default if it is not there."""
        if key not in self._items:
            return default
        self._items.move_to_end(key)
        return self._items[key]

    def put(self, key: object, value: object) -> None:
        """Set the value of key and drop the oldest item if there are too many."""
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self.capacity:
            self._items.popitem(last=False)


if __name__ == "__main__":
    cache = LRUCache(2)
    for key, value in (("a", 1), ("b", 2), ("c", 3)):
        cache.put(key, value)
    for key in ("a", "b", "c"):
        print(f"{key}: {cache.get(key)}")
