"""A rectangle: area and perimeter from width and height."""


class Rectangle:
    """A rectangle with a width and a height."""

    def __init__(self, width: float, height: float) -> None:
        if width <= 0 or height <= 0:
            raise ValueError("The sides must be positive.")
        self.width = width
        self.height = height

    def area(self) -> float:
        """Return width times height."""
        return self.width * self.height

    def perimeter(self) -> float:
        """Return the length of all four sides."""
        return 2 * (self.width + self.height)


if __name__ == "__main__":
    rectangle = Rectangle(3, 4)
    print(f"area: {rectangle.area()}")
    print(f"perimeter: {rectangle.perimeter()}")
