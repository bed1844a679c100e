"""A singleton: a class with only one instance."""

from typing import Self


class Singleton:
    """Every call returns the same object."""

    _instance = None

    def __new__(cls) -> Self:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance


if __name__ == "__main__":
    first, second = Singleton(), Singleton()
    print(f"the same object: {first is second}")
