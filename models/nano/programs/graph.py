"""A graph: nodes and the edges between them."""


class Graph:
    """An undirected graph, kept as the neighbours of each node."""

    def __init__(self) -> None:
        self._edges: dict[str, set[str]] = {}

    def add_edge(self, first: str, second: str) -> None:
        """Connect two nodes; raises ValueError if they are the same."""
        if first == second:
            raise ValueError("The nodes must be different.")
        self._edges.setdefault(first, set()).add(second)
        self._edges.setdefault(second, set()).add(first)

    def neighbours(self, node: str) -> list[str]:
        """Return the neighbours of node; raises LookupError if there is no such node."""
        if node not in self._edges:
            raise LookupError(f"There is no {node}.")
        return sorted(self._edges[node])

    def nodes(self) -> list[str]:
        """Return all nodes in order."""
        return sorted(self._edges)


if __name__ == "__main__":
    graph = Graph()
    for first, second in (("A", "B"), ("A", "C"), ("C", "D")):
        graph.add_edge(first, second)
    for node in graph.nodes():
        print(f"{node}: {', '.join(graph.neighbours(node))}")
