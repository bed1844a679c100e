"""Knapsack problem: the best value of items within a capacity."""


def knapsack(weights: list[int], values: list[int], capacity: int) -> int:
    """Return the largest value that fits, with each item taken once at most."""
    if capacity < 0:
        raise ValueError("The capacity must not be negative.")
    if len(weights) != len(values):
        raise ValueError("The lists must have the same length.")
    best = [0] * (capacity + 1)
    for weight, value in zip(weights, values, strict=True):
        for room in range(capacity, weight - 1, -1):
            best[room] = max(best[room], best[room - weight] + value)
    return best[capacity]


if __name__ == "__main__":
    weights, values = [1, 3, 4, 5], [1, 4, 5, 7]
    for capacity in (0, 7, 13):
        print(f"Capacity {capacity}: {knapsack(weights, values, capacity)}")
