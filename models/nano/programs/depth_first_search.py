"""Depth-first search: visit a graph by following each path to its end."""


def dfs(graph: dict[str, list[str]], start: str) -> list[str]:
    """Return the nodes in the order of their visit."""
    if start not in graph:
        raise ValueError("The graph does not have this start.")
    visited: list[str] = []
    stack = [start]
    while stack:
        node = stack.pop()
        if node not in visited:
            visited.append(node)
            stack.extend(reversed(graph.get(node, [])))
    return visited


if __name__ == "__main__":
    graph = {"A": ["B", "C"], "B": ["D"], "C": ["D"], "D": []}
    print(" -> ".join(dfs(graph, "A")))
