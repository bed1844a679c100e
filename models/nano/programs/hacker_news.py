"""Hacker News: print the headlines of the top stories."""

import json
import sys
from typing import Any
from urllib.request import urlopen

API = "https://hacker-news.firebaseio.com/v0"


def read_json(url: str) -> Any:
    """Return the data at the URL."""
    with urlopen(url, timeout=10) as response:
        return json.load(response)


def get_headlines(count: int = 10, base: str = API) -> list[str]:
    """Return the titles of the first count stories."""
    if count < 1:
        raise ValueError("count must be at least 1.")
    numbers = read_json(f"{base}/topstories.json")[:count]
    return [read_json(f"{base}/item/{number}.json")["title"] for number in numbers]


if __name__ == "__main__":
    try:
        for title in get_headlines():
            print(title)
    except (OSError, ValueError) as error:
        sys.exit(f"The page could not be read: {error}")
