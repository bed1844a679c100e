"""Website status: check whether a site is up."""

import sys
from urllib.error import HTTPError
from urllib.request import urlopen


def website_status(url: str) -> int:
    """Return the HTTP status of the URL, or 0 if no server answers."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("The URL must begin with http:// or https://.")
    try:
        with urlopen(url, timeout=10) as response:
            return response.status
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


if __name__ == "__main__":
    for url in sys.argv[1:] or ["https://www.python.org"]:
        try:
            code = website_status(url)
        except ValueError as error:
            sys.exit(f"Error: {error}")
        print(f"{url} is {'up' if 0 < code < 400 else 'down'}, status {code}")
