"""Age of a person in years from the date of birth."""

from datetime import date


def calculate_age(birth: str, today: date | None = None) -> int:
    """Return the age in full years today, for a date such as 1990-12-31."""
    try:
        born = date.fromisoformat(birth)
    except ValueError as error:
        raise ValueError("A date must look like 2024-12-31.") from error
    today = today or date.today()
    if born > today:
        raise ValueError("The date of birth must not be in the future.")
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


if __name__ == "__main__":
    for birth in ("1990-12-31", "2000-02-29"):
        print(f"Born on {birth}: {calculate_age(birth)} years old")
