"""Days between two dates."""

from datetime import date


def days_between(start: str, end: str) -> int:
    """Return the number of days from start to end, negative if end is earlier."""
    try:
        return (date.fromisoformat(end) - date.fromisoformat(start)).days
    except ValueError as error:
        raise ValueError("A date must look like 2024-12-31.") from error


if __name__ == "__main__":
    for start, end in (("2024-01-01", "2024-12-31"), ("2024-02-28", "2024-03-01")):
        print(f"From {start} to {end}: {days_between(start, end)} days")
