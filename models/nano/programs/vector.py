"""A vector: add, subtract and measure arrows in the plane."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Vector:
    """A vector with the coordinates x and y."""

    x: float
    y: float

    def __add__(self, other: "Vector") -> "Vector":
        return Vector(self.x + other.x, self.y + other.y)

    def __sub__(self, other: "Vector") -> "Vector":
        return Vector(self.x - other.x, self.y - other.y)

    def length(self) -> float:
        """Return the length of the vector."""
        return math.hypot(self.x, self.y)


if __name__ == "__main__":
    first, second = Vector(1, 2), Vector(2, 2)
    print(first + second)
    print(first - second)
    print((first + second).length())
