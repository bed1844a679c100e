"""An inventory: how many pieces of each item are in stock."""


class Inventory:
    """The quantity of each item in stock."""

    def __init__(self) -> None:
        self._items: dict[str, int] = {}

    def add(self, name: str, quantity: int) -> None:
        """Add pieces of an item."""
        if quantity < 1:
            raise ValueError("The quantity must be at least 1.")
        self._items[name] = self.quantity(name) + quantity

    def remove(self, name: str, quantity: int) -> None:
        """Remove pieces of an item; raises ValueError if there are too few."""
        if quantity < 1:
            raise ValueError("The quantity must be at least 1.")
        if quantity > self.quantity(name):
            raise ValueError(f"There are too few of {name}.")
        self._items[name] -= quantity

    def quantity(self, name: str) -> int:
        """Return how many pieces are in stock, 0 for an unknown item."""
        return self._items.get(name, 0)


if __name__ == "__main__":
    inventory = Inventory()
    inventory.add("apples", 10)
    inventory.remove("apples", 3)
    for name in ("apples", "pears"):
        print(f"{name}: {inventory.quantity(name)}")
