"""A shopping cart: items with prices and a total."""


class ShoppingCart:
    """The items that a customer wants to buy, with their prices."""

    def __init__(self) -> None:
        self._items: dict[str, float] = {}

    def add(self, name: str, price: float, quantity: int = 1) -> None:
        """Add an item; raises ValueError if price is negative or quantity below 1."""
        if price < 0:
            raise ValueError("The price must not be negative.")
        if quantity < 1:
            raise ValueError("The quantity must be at least 1.")
        self._items[name] = self._items.get(name, 0) + price * quantity

    def remove(self, name: str) -> None:
        """Remove an item; raises LookupError if it is not there."""
        if name not in self._items:
            raise LookupError(f"There is no {name}.")
        del self._items[name]

    def total(self) -> float:
        """Return the sum of all prices."""
        return round(sum(self._items.values()), 2)


if __name__ == "__main__":
    cart = ShoppingCart()
    for name, price in (("bread", 2.5), ("milk", 1.2), ("tea", 4)):
        cart.add(name, price)
    cart.remove("tea")
    print(f"total: {cart.total()}")
