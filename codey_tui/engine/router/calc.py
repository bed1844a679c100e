"""Arithmetic in a request, computed exactly and within bounds: numbers, percentages, powers and roots."""

import ast
import math
import re
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

from codey_tui.engine.router.calc_words import in_symbols

MAX_CHARS = 200
MAX_BITS = 1024
MAX_FACTORIAL = 170
SIGNIFICANT_DIGITS = 12

_LEAD = re.compile(
    r"^(?:(?:please|can you|could you)\s+)*(?:what(?:'s|’s| is| are)|how much (?:is|are)|calculate|compute|evaluate|solve|"
    r"work out|calc|tell me|give me|how many is|what do(?:es)?(?= [\d]| \w+ and ))?\s*:?\s*(?:the (?:value|result) of\s+)?",
    re.IGNORECASE,
)
_NUMBER = r"\d+(?:\.\d+)?"
# Words become operators in this order: the longer phrase first.
_WORDS: tuple[tuple[str, str], ...] = (
    (rf"({_NUMBER})\s*(?:%|percent)\s*off\s+(?:of\s+)?({_NUMBER})", r"(\2-\2*\1/100)"),
    (rf"({_NUMBER})\s*(?:%|percent)\s*(?:more than|added to)\s+({_NUMBER})", r"(\2+\2*\1/100)"),
    (rf"({_NUMBER})\s*(?:%|percent)\s*less than\s+({_NUMBER})", r"(\2-\2*\1/100)"),
    (rf"^\s*({_NUMBER})\s*([+-])\s*({_NUMBER})\s*(?:%|percent)\s*$", r"(\1\2\1*\3/100)"),
    (rf"({_NUMBER})\s*(?:%|percent)\s*of\b", r"(\1/100)*"),
    (rf"({_NUMBER})\s*percent\b", r"(\1/100)"),
    (rf"({_NUMBER})\s*%(?=\s*(?:$|[-+*/)]))", r"(\1/100)"),
    (r"\b(?:the )?(?:square root|sqrt) of\s+", "sqrt "),
    (r"\b(?:the )?cube root of\s+", "cbrt "),
    (r"\b(?:the )?factorial of\s+", "factorial "),
    (rf"\b(sqrt|cbrt|factorial)\s+({_NUMBER})", r"\1(\2)"),
    (rf"√\s*({_NUMBER})", r"sqrt(\1)"),
    (r"\b(?:raised )?to the power (?:of )?", "**"),
    (rf"(?<=\d)\s+power\s+(?:of\s+)?(?={_NUMBER})", "**"),
    (r"\b(?:multiplied by|times)\b|×|·", "*"),
    (r"\bdivided by\b|÷", "/"),
    (r"\bplus\b", "+"),
    (r"\bminus\b|−", "-"),
    (r"\b(?:modulo|mod)\b", "%"),
    (r"\bsquared\b|²", "**2"),
    (r"\bcubed\b|³", "**3"),
    (r"\^", "**"),
    (rf"({_NUMBER})!(?!=)", r"factorial(\1)"),
    (rf"(?<=[\d)])\s*x\s*(?={_NUMBER}|\()", "*"),
)
_ALLOWED = re.compile(r"^(?:[\d\s.+\-*/%(),]|\be\b|pi|tau|sqrt|cbrt|factorial|abs|round|min|max|\d[eE][+-]?\d)+$")
_CONSTANTS = {"pi": Fraction(math.pi), "e": Fraction(math.e), "tau": Fraction(math.tau)}


class CalcRefused(Exception):
    """An expression without an answer, or too large a one; the sentence says why."""


def expression(text: str) -> str | None:
    """The arithmetic expression that `text` consists of, in Python's notation, or None when it is something else."""
    if len(text) > MAX_CHARS:
        return None
    body = _LEAD.sub("", text.strip()).rstrip(" ?=.!" if not re.search(r"\d!\s*\??$", text) else " ?=")
    body = re.sub(r"\s+(?:make|makes|equals?|is|are)$", "", re.sub(r"(?<=\d),(?=\d{3}\b)", "", body).lower())
    body = in_symbols(body)
    for pattern, replacement in _WORDS:
        body = re.sub(pattern, replacement, body)
    body = body.strip()
    if not re.search(r"\d|pi|tau", body) or not _ALLOWED.match(body):
        return None
    try:
        tree = ast.parse(body, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body if any(isinstance(node, ast.BinOp | ast.Call) for node in ast.walk(tree)) else None


def answer(body: str) -> str:
    """The answer to an expression as a sentence: `15/100*240 = 36`, or why there is none."""
    try:
        value = _value(ast.parse(body, mode="eval").body)
    except CalcRefused as refused:
        return str(refused)
    except (OverflowError, RecursionError):
        return "That result is too large to compute."
    return f"{_pretty(body)} {_equals(value)} {_shown(value)}"


def _value(node: ast.expr) -> Fraction:
    """The exact value of a node, or `CalcRefused`."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            if math.isinf(number) or (isinstance(number, int) and number.bit_length() > MAX_BITS):
                raise CalcRefused("That number is too large to compute with.")
            return Fraction(repr(number))
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _value(operand)
        case ast.BinOp(left=left, op=operator, right=right):
            return _bounded(_operate(operator, _value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_call(name, [_value(argument) for argument in arguments]))
        case _:
            raise CalcRefused("I can compute numbers, percentages, powers and roots only.")


def _operate(operator: ast.operator, left: Fraction, right: Fraction) -> Fraction:
    """One binary operation."""
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Pow():
            return _power(left, right)
        case ast.Div() | ast.FloorDiv() | ast.Mod():
            if right == 0:
                raise CalcRefused("Division by zero has no result.")
            if isinstance(operator, ast.Div):
                return left / right
            return Fraction(left // right) if isinstance(operator, ast.FloorDiv) else left % right
        case _:
            raise CalcRefused("I can compute numbers, percentages, powers and roots only.")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    """A power, refused before it is computed when its result would be too large."""
    if base == 0 and exponent < 0:
        raise CalcRefused("Division by zero has no result.")
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits > 1 and bits * abs(exponent) > 2 * MAX_BITS:
        raise _too_large()
    if exponent.denominator == 1 and (abs(exponent) <= 2 * MAX_BITS or bits <= 1):
        return base ** int(exponent % 2 if bits <= 1 and base else exponent)
    if base < 0:
        raise CalcRefused("A fractional power of a negative number has no real result.")
    return Fraction(float(base) ** float(exponent))


def _call(name: str, arguments: list[Fraction]) -> Fraction:
    """One of the few functions."""
    count, function = _FUNCTIONS[name]
    if not arguments or (count and len(arguments) != count):
        raise CalcRefused(f"{name} needs {count or 'at least one'} number{'s' if count != 1 else ''}.")
    return function(arguments)


def _root(value: Fraction, degree: int) -> Fraction:
    """A square or cube root: exact where the value is a perfect power, else the nearest float."""
    if value < 0 and degree == 2:
        raise CalcRefused("The square root of a negative number is not a real number.")
    sign = -1 if value < 0 else 1
    parts: list[int] = []
    for part in (abs(value).numerator, abs(value).denominator):
        root = math.isqrt(part) if degree == 2 else round(part ** (1 / 3))
        if root**degree != part:
            return sign * Fraction(float(abs(value)) ** (1 / degree))
        parts.append(root)
    return sign * Fraction(parts[0], parts[1])


def _factorial(value: Fraction) -> Fraction:
    """n! of a whole number in bounds."""
    if value.denominator != 1 or value < 0:
        raise CalcRefused("The factorial needs a whole number that is not negative.")
    if value > MAX_FACTORIAL:
        raise _too_large()
    return Fraction(math.factorial(int(value)))


_FUNCTIONS: dict[str, tuple[int, Callable[[list[Fraction]], Fraction]]] = {
    "sqrt": (1, lambda given: _root(given[0], 2)),
    "cbrt": (1, lambda given: _root(given[0], 3)),
    "factorial": (1, lambda given: _factorial(given[0])),
    "abs": (1, lambda given: abs(given[0])),
    "round": (1, lambda given: Fraction(round(given[0]))),
    "min": (0, min),
    "max": (0, max),
}


def _too_large() -> CalcRefused:
    """The refusal of a result beyond `MAX_BITS`."""
    return CalcRefused(
        f"That number would have more than {int(MAX_BITS * math.log10(2))} digits, so I do not compute it."
    )


def _bounded(value: Fraction) -> Fraction:
    """`value`, unless it has grown too large to show."""
    if abs(value).numerator.bit_length() - value.denominator.bit_length() > MAX_BITS:
        raise _too_large()
    if value.denominator.bit_length() > 4 * MAX_BITS:
        return Fraction(float(value))
    return value


def _shown(value: Fraction) -> str:
    """The value in decimal notation with at most twelve significant digits after a whole part."""
    if value.denominator == 1:
        return str(value.numerator)
    with localcontext() as context:
        context.prec = SIGNIFICANT_DIGITS
        number = Decimal(value.numerator) / Decimal(value.denominator)
    shown = format(number.normalize(), "f") if -7 < number.adjusted() < 21 else str(number.normalize())
    return shown


def _equals(value: Fraction) -> str:
    """`=` where the decimal shown is exact, `≈` where it is rounded."""
    return "=" if Fraction(Decimal(_shown(value))) == value else "≈"


def _pretty(body: str) -> str:
    """The expression as it is shown: single blanks around the operators between terms."""
    return re.sub(r"\s+", " ", re.sub(r"\s*(\*\*|//|[+*/%]|(?<=[\w)])-(?=[\s\w(]))\s*", r" \1 ", body)).strip()
