"""A contact book: names with their telephone numbers."""


class ContactBook:
    """Telephone numbers by name."""

    def __init__(self) -> None:
        self._contacts: dict[str, str] = {}

    def add(self, name: str, phone: str) -> None:
        """Add a contact; raises ValueError if the name is empty."""
        if not name.strip():
            raise ValueError("The name must not be empty.")
        self._contacts[name] = phone

    def find(self, name: str) -> str:
        """Return the number of a contact; raises LookupError if it is not there."""
        if name not in self._contacts:
            raise LookupError(f"There is no {name}.")
        return self._contacts[name]

    def delete(self, name: str) -> None:
        """Remove a contact; raises LookupError if it is not there."""
        self.find(name)
        del self._contacts[name]


if __name__ == "__main__":
    book = ContactBook()
    for name, phone in (("Ada", "555-0101"), ("Alan", "555-0102")):
        book.add(name, phone)
    book.delete("Alan")
    print(f"Ada: {book.find('Ada')}")
