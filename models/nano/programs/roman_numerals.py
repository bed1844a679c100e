"""Roman numerals: write numbers with the letters M, D, C, L, X, V and I."""

VALUES = (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1)
SIGNS = ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I")


def to_roman(number: int) -> str:
    """Return number, from 1 to 3999, as a Roman numeral."""
    if not 1 <= number <= 3999:
        raise ValueError("The number must be between 1 and 3999.")
    numeral = ""
    for value, sign in zip(VALUES, SIGNS, strict=True):
        numeral += sign * (number // value)
        number %= value
    return numeral


def from_roman(numeral: str) -> int:
    """Return the value of a Roman numeral."""
    for number in range(1, 4000):
        if to_roman(number) == numeral.upper():
            return number
    raise ValueError("The text is no Roman numeral.")


if __name__ == "__main__":
    for number in (4, 1994, 2024):
        print(f"{number} = {to_roman(number)}")
