"""Convert temperatures between Celsius, Fahrenheit and Kelvin."""

ABSOLUTE_ZERO = -273.15


def celsius_to_fahrenheit(celsius: float) -> float:
    """Return degrees Celsius as degrees Fahrenheit.

    Raises ValueError below absolute zero.
    """
    if celsius < ABSOLUTE_ZERO:
        raise ValueError("A temperature cannot be below absolute zero.")
    return celsius * 9 / 5 + 32


def fahrenheit_to_celsius(fahrenheit: float) -> float:
    """Return degrees Fahrenheit as degrees Celsius.

    Raises ValueError below absolute zero.
    """
    celsius = (fahrenheit - 32) * 5 / 9
    if celsius < ABSOLUTE_ZERO:
        raise ValueError("A temperature cannot be below absolute zero.")
    return celsius


def celsius_to_kelvin(celsius: float) -> float:
    """Return degrees Celsius as kelvins.

    Raises ValueError below absolute zero.
    """
    if celsius < ABSOLUTE_ZERO:
        raise ValueError("A temperature cannot be below absolute zero.")
    return celsius - ABSOLUTE_ZERO


if __name__ == "__main__":
    for celsius in (-40.0, 0.0, 37.0, 100.0):
        fahrenheit = celsius_to_fahrenheit(celsius)
        kelvin = celsius_to_kelvin(celsius)
        print(f"{celsius:.1f} C = {fahrenheit:.1f} F = {kelvin:.2f} K")
