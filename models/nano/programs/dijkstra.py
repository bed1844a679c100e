"""Dijkstra's algorithm: the shortest paths from a node of a weighted graph."""

import heapq


def dijkstra(graph: dict[str, dict[str, float]], start: str) -> dict[str, float]:
    """Return the shortest distance from start to each node it reaches."""
    if start not in graph:
        raise ValueError("The graph does not have this start.")
    distances: dict[str, float] = {}
    heap = [(0.0, start)]
    while heap:
        distance, node = heapq.heappop(heap)
        if node in distances:
            continue
        distances[node] = distance
        for neighbour, weight in graph.get(node, {}).items():
            if weight < 0:
                raise ValueError("The weights must not be negative.")
            heapq.heappush(heap, (distance + weight, neighbour))
    return distances


if __name__ == "__main__":
    print(dijkstra({"A": {"B": 1, "C": 4}, "B": {"C": 2}, "C": {}}, "A"))
