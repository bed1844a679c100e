"""Palindromes: text that reads the same forwards and backwards."""


def is_palindrome(text: str) -> bool:
    """Return True if text is a palindrome.

    Case, spaces and punctuation are ignored. Text without any letter or
    digit is not a palindrome.
    """
    letters = [char.lower() for char in text if char.isalnum()]
    return bool(letters) and letters == letters[::-1]


if __name__ == "__main__":
    for text in ("level", "A man, a plan, a canal: Panama", "Python"):
        answer = "is" if is_palindrome(text) else "is not"
        print(f"{text!r} {answer} a palindrome.")
