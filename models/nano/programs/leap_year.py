"""Leap years of the Gregorian calendar."""


def is_leap_year(year: int) -> bool:
    """Return True if year has 366 days.

    A year is a leap year if it can be divided by 4, but not by 100 unless
    it can also be divided by 400. Raises ValueError if year is less than 1.
    """
    if year < 1:
        raise ValueError("The year must be 1 or later.")
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


if __name__ == "__main__":
    for year in (1900, 2000, 2023, 2024):
        answer = "is" if is_leap_year(year) else "is not"
        print(f"{year} {answer} a leap year.")
