"""Breadth-first search: visit a graph level by level with a queue."""

from collections import deque


def bfs(graph: dict[str, list[str]], start: str) -> list[str]:
    """Return the nodes in the order of their visit."""
    if start not in graph:
        raise ValueError("The graph does not have this start.")
    visited = [start]
    queue = deque([start])
    while queue:
        for neighbour in graph.get(queue.popleft(), []):
            if neighbour not in visited:
                visited.append(neighbour)
                queue.append(neighbour)
    return visited


if __name__ == "__main__":
    graph = {"A": ["B", "C"], "B": ["D"], "C": ["D"], "D": []}
    print(" -> ".join(bfs(graph, "A")))
