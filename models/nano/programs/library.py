"""A library: lend books and take them back."""


class Library:
    """Books by title, each with True if it can be lent."""

    def __init__(self) -> None:
        self._books: dict[str, bool] = {}

    def add(self, title: str) -> None:
        """Add a book; raises ValueError if it is already there."""
        if title in self._books:
            raise ValueError(f"{title} is already there.")
        self._books[title] = True

    def lend(self, title: str) -> None:
        """Lend a book; raises LookupError if it is not available."""
        if not self._books.get(title):
            raise LookupError(f"{title} is not available.")
        self._books[title] = False

    def give_back(self, title: str) -> None:
        """Take a book back; raises LookupError if it was not lent."""
        if self._books.get(title, True):
            raise LookupError(f"{title} was not lent.")
        self._books[title] = True

    def available(self) -> list[str]:
        """Return the titles that can be lent."""
        return [title for title, here in self._books.items() if here]


if __name__ == "__main__":
    library = Library()
    for title in ("Dracula", "Emma"):
        library.add(title)
    library.lend("Emma")
    print(library.available())
    library.give_back("Emma")
    print(library.available())
