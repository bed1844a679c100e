"""Circle: its area and circumference from the radius."""

from math import pi


def circle(radius: float) -> tuple[float, float]:
    """Return the area and the circumference of a disc with this radius."""
    if radius < 0:
        raise ValueError("The radius must not be negative.")
    return pi * radius**2, 2 * pi * radius


if __name__ == "__main__":
    for radius in (1, 2.5):
        print(f"Radius {radius}: area and circumference {circle(radius)}")
