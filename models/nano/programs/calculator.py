"""A simple calculator for two numbers and an operator."""


def calculate(left: float, operator: str, right: float) -> float:
    """Return the result of left operator right, where operator is +, -, * or /.

    Raises ValueError if the operator is unknown, ZeroDivisionError for a division by zero.
    """
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        if right == 0:
            raise ZeroDivisionError("A number cannot be divided by zero.")
        return left / right
    raise ValueError(f"Unknown operator: {operator!r}. Use +, -, * or /.")


if __name__ == "__main__":
    for operator in ("+", "-", "*", "/"):
        print(f"12 {operator} 4 = {calculate(12, operator, 4):g}")
