"""Number base converter for the bases 2 to 36."""

from string import ascii_lowercase, digits


def convert_base(text: str, source: int, target: int) -> str:
    """Return the number text of base source in base target."""
    if not 2 <= source <= 36 or not 2 <= target <= 36:
        raise ValueError("The base must be between 2 and 36.")
    try:
        number = int(text, source)
    except ValueError:
        raise ValueError("The text is no number of this base.") from None
    sign = "-" if number < 0 else ""
    number = abs(number)
    result = ""
    while number > 0:
        number, digit = divmod(number, target)
        result = (digits + ascii_lowercase)[digit] + result
    return sign + (result or "0")


if __name__ == "__main__":
    for text, source, target in (("ff", 16, 10), ("255", 10, 2)):
        print(f"{text}: {convert_base(text, source, target)}")
