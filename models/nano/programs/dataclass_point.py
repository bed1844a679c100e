"""Dataclass for a point in the plane."""

from dataclasses import dataclass
from math import hypot


@dataclass(frozen=True)
class Point:
    """A point with the coordinates x and y."""

    x: float
    y: float

    def __post_init__(self) -> None:
        if isinstance(self.x, str) or isinstance(self.y, str):
            raise TypeError("x and y must be numbers.")

    def distance_to(self, other: "Point") -> float:
        """Return the distance between this point and the other."""
        return hypot(self.x - other.x, self.y - other.y)


if __name__ == "__main__":
    start = Point(0, 0)
    for end in (Point(3, 4), Point(1, 0)):
        print(f"From {start} to {end}: {start.distance_to(end):g}")
