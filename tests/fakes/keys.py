"""Keys that look real and open nothing: drawn anew from a fixed seed, so that no key stands in the repository."""

import base64
import random
import string

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


class Keys:
    """Draws keys of every sort; the same seed gives the same keys."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)

    def drawn(self, length: int, alphabet: str = ALNUM) -> str:
        """Characters at random, a digit among them."""
        while True:
            text = "".join(self._random.choice(alphabet) for _ in range(length))
            if any(char.isdigit() for char in text):
                return text

    def encoded(self, length: int) -> str:
        """Base64 of random bytes."""
        return base64.b64encode(self._random.randbytes(length)).decode()

    def github(self) -> str:
        return f"ghp_{self.drawn(36)}"

    def block(self, kind: str = "RSA ") -> str:
        """A private key block of ten lines."""
        text = self.encoded(480)
        lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
        return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----"

    def web_token(self) -> str:
        """A JSON web token: two objects and a signature."""
        head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
        body = base64.urlsafe_b64encode(b'{"sub":"1","name":"Ada"}').decode().rstrip("=")
        return f"{head}.{body}.{self.drawn(43)}"
