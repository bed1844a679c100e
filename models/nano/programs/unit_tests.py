"""Unit tests with unittest for a function of two numbers."""

import unittest


def add(a: float, b: float) -> float:
    """Return the sum of a and b."""
    if isinstance(a, str) or isinstance(b, str):
        raise TypeError("a and b must be numbers.")
    return a + b


class SumTest(unittest.TestCase):
    """What the function must do with good and bad values."""

    def test_numbers(self) -> None:
        self.assertEqual(add(2, 3), 5)
        self.assertEqual(add(-1, 1), 0)

    def test_fractions(self) -> None:
        self.assertAlmostEqual(add(0.1, 0.2), 0.3)

    def test_text(self) -> None:
        with self.assertRaises(TypeError):
            add("2", 3)  # type: ignore[arg-type]


if __name__ == "__main__":
    unittest.main()
