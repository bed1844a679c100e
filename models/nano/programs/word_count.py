"""Count the words in a text."""

import re
from collections import Counter


def count_words(text: str) -> int:
    """Return how many words text has; an empty text has none."""
    return len(find_words(text))


def word_frequencies(text: str) -> Counter[str]:
    """Return how often each word occurs, without regard to case."""
    return Counter(word.lower() for word in find_words(text))


def find_words(text: str) -> list[str]:
    """Return the words of text in order, without punctuation."""
    return re.findall(r"\w+(?:'\w+)*", text)


if __name__ == "__main__":
    text = "The cat saw the dog, and the dog saw the cat."
    print(f"{count_words(text)} words")
    for word, count in word_frequencies(text).most_common():
        print(f"{word}: {count}")
