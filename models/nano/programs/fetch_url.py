"""Fetch a web page and print its text."""

import sys
from urllib.request import urlopen


def fetch_url(url: str) -> str:
    """Return the text of the page at the URL."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("The URL must begin with http:// or https://.")
    with urlopen(url, timeout=10) as response:
        charset = response.headers.get_content_charset() or "utf-8"
        return response.read().decode(charset, errors="replace")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} URL", file=sys.stderr)
        sys.exit(2)
    try:
        print(fetch_url(sys.argv[1]))
    except (OSError, ValueError) as error:
        sys.exit(f"The page could not be read: {error}")
