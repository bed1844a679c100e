"""Argparse tool: a command line program with a name and two options."""

import argparse


def greeting(name: str, count: int = 1, shout: bool = False) -> str:
    """Return count lines that say hello to the name, in capitals if shout is true."""
    if count < 1:
        raise ValueError("count must be at least 1.")
    line = f"Hello, {name}!"
    return "\n".join([line.upper() if shout else line] * count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Say hello from the command line.")
    parser.add_argument("name", help="who is meant")
    parser.add_argument("--count", type=int, default=1, help="how many times")
    parser.add_argument("--shout", action="store_true", help="use capitals")
    options = parser.parse_args()
    try:
        print(greeting(options.name, options.count, options.shout))
    except ValueError as error:
        parser.error(str(error))
