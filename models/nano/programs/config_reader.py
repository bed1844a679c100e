"""Config reader for INI files with sections and values."""

import sys
from configparser import ConfigParser
from configparser import Error as ConfigError


def read_config(path: str) -> dict[str, dict[str, str]]:
    """Return the values of each section of the INI file."""
    config = ConfigParser(interpolation=None)
    with open(path, encoding="utf-8") as file:
        try:
            config.read_file(file)
        except ConfigError as error:
            raise ValueError(f"{path} is not a valid INI file.") from error
    return {section: dict(config[section]) for section in config.sections()}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(f"Usage: python {sys.argv[0]} FILE", file=sys.stderr)
        sys.exit(2)
    try:
        for section, values in read_config(sys.argv[1]).items():
            print(f"{section}: {values}")
    except (OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
