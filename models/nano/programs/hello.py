"""Greet the world, or someone by name."""


def greet(name: str = "World") -> str:
    """Return a greeting for name.

    Raises ValueError if name is empty.
    """
    if not name.strip():
        raise ValueError("The name must not be empty.")
    return f"Hello, {name.strip()}!"


if __name__ == "__main__":
    print(greet())
