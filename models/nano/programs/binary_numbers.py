"""Binary numbers: convert whole numbers to zeros and ones and back."""


def to_binary(n: int) -> str:
    """Return n as binary digits, such as "101" for 5."""
    if n < 0:
        raise ValueError("n must not be negative.")
    digits = ""
    while n > 1:
        digits = str(n % 2) + digits
        n //= 2
    return str(n) + digits


def from_binary(digits: str) -> int:
    """Return the number that the binary digits stand for."""
    if not digits or set(digits) - {"0", "1"}:
        raise ValueError("The text must consist of the digits 0 and 1.")
    return int(digits, 2)


if __name__ == "__main__":
    for n in (0, 5, 255):
        print(f"{n} = {to_binary(n)}")
