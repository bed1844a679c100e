"""Morse code: write a text in dots and dashes."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- "
    "-..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
)
CODES = dict(zip(LETTERS, SIGNS.split(), strict=True))


def to_morse(text: str) -> str:
    """Return text in Morse code, with a slash between words.

    Raises ValueError if a character has no code.
    """
    words = []
    for word in text.upper().split():
        for char in word:
            if char not in CODES:
                raise ValueError(f"There is no Morse code for {char}.")
        words.append(" ".join(CODES[char] for char in word))
    return " / ".join(words)


if __name__ == "__main__":
    for text in ("SOS", "Hello World"):
        print(f"{text}: {to_morse(text)}")
