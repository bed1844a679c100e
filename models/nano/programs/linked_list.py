"""A linked list: each node holds a value and the next node."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Node:
    """A value and the node after it."""

    value: object
    next: "Node | None" = None


class LinkedList:
    """A singly linked list; its first node is an empty one."""

    def __init__(self) -> None:
        self._head = Node(None)

    def prepend(self, value: object) -> None:
        """Put value at the front."""
        self._head.next = Node(value, self._head.next)

    def append(self, value: object) -> None:
        """Put value at the end."""
        node = self._head
        while node.next:
            node = node.next
        node.next = Node(value)

    def remove(self, value: object) -> None:
        """Remove the first such value; raises ValueError if there is none."""
        node = self._head
        while node.next and node.next.value != value:
            node = node.next
        if node.next is None:
            raise ValueError("The value is not in the list.")
        node.next = node.next.next

    def __iter__(self) -> Iterator[object]:
        node = self._head.next
        while node:
            yield node.value
            node = node.next

    def __len__(self) -> int:
        return sum(1 for _ in self)


if __name__ == "__main__":
    values = LinkedList()
    for value in (2, 3, 4):
        values.append(value)
    values.prepend(1)
    values.remove(3)
    for value in values:
        print(value)
