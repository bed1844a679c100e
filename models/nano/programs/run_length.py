"""Run-length encoding: write repeated characters as a count and the character."""

import re


def run_length_encode(text: str) -> str:
    """Return text in short form, aaab as 3a1b.

    Raises ValueError if text has digits.
    """
    if re.search(r"\d", text):
        raise ValueError("The text must not contain digits.")
    return re.sub(r"(.)\1*", lambda run: f"{len(run[0])}{run[1]}", text, flags=re.DOTALL)


def run_length_decode(code: str) -> str:
    """Return the text again; raises ValueError if code is not valid."""
    if not re.fullmatch(r"(\d+\D)*", code):
        raise ValueError("The code is not valid.")
    return "".join(char * int(count) for count, char in re.findall(r"(\d+)(\D)", code))


if __name__ == "__main__":
    code = run_length_encode("aaabbc")
    print(code)
    print(run_length_decode(code))
