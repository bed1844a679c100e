"""Email addresses: check that an address has the right form."""

import re

PATTERN = r"[\w+-]+(\.[\w+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"


def is_valid_email(address: str) -> bool:
    """Return True if address looks like an email address.

    Raises TypeError if address is not a string.
    """
    if not isinstance(address, str):
        raise TypeError("The address must be a string.")
    return re.fullmatch(PATTERN, address) is not None


if __name__ == "__main__":
    for address in ("ada@example.com", "ada@example", "two words@example.com"):
        print(f"{address}: {is_valid_email(address)}")
