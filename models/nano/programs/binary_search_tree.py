"""A binary search tree: smaller values to the left, larger ones to the right."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Node:
    """A value and the trees below it."""

    value: int
    left: "Node | None" = None
    right: "Node | None" = None


class BinarySearchTree:
    """A sorted collection of different values."""

    def __init__(self) -> None:
        self._root: Node | None = None

    def insert(self, value: int) -> None:
        """Add value; one that is already there stays as it is."""
        self._root = self._insert(self._root, value)

    def _insert(self, node: Node | None, value: int) -> Node:
        if node is None:
            return Node(value)
        if value < node.value:
            node.left = self._insert(node.left, value)
        elif value > node.value:
            node.right = self._insert(node.right, value)
        return node

    def contains(self, value: int) -> bool:
        """Return True if value is in the tree."""
        node = self._root
        while node and node.value != value:
            node = node.left if value < node.value else node.right
        return node is not None

    def __iter__(self) -> Iterator[int]:
        yield from self._walk(self._root)

    def _walk(self, node: Node | None) -> Iterator[int]:
        if node:
            yield from self._walk(node.left)
            yield node.value
            yield from self._walk(node.right)


if __name__ == "__main__":
    tree = BinarySearchTree()
    for value in (5, 2, 8, 1):
        tree.insert(value)
    for value in tree:
        print(value)
    print(f"8: {tree.contains(8)}")
