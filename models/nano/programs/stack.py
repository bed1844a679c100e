"""A stack: the item that was pushed last is popped first."""


class Stack:
    """A last-in, first-out collection of items."""

    def __init__(self) -> None:
        self._items: list[object] = []

    def push(self, item: object) -> None:
        """Put item on top of the stack."""
        self._items.append(item)

    def pop(self) -> object:
        """Remove the top item and return it; raises IndexError if there is none."""
        if not self._items:
            raise IndexError("The stack is empty.")
        return self._items.pop()

    def peek(self) -> object:
        """Return the top item and leave it; raises IndexError if there is none."""
        if not self._items:
            raise IndexError("The stack is empty.")
        return self._items[-1]

    def is_empty(self) -> bool:
        """Return True if the stack has no items."""
        return not self._items

    def __len__(self) -> int:
        return len(self._items)


if __name__ == "__main__":
    stack = Stack()
    for item in ("first", "second", "third"):
        stack.push(item)
    while not stack.is_empty():
        print(stack.pop())
