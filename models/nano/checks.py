"""What each trained program must compute, as assertions on the imported module; programs count as right only with these."""

import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 20
"""How long one program may run; all of them need milliseconds."""

ASSERTIONS = {
    "fibonacci": """
assert m.fibonacci(10) == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34] and m.fibonacci(0) == [] and m.fibonacci(1) == [0]
raises(ValueError, m.fibonacci, -1); raises(TypeError, m.fibonacci, "3")
assert "0, 1, 1, 2, 3, 5, 8, 13, 21, 34" in output""",
    "primes": """
assert m.primes(20) == [2, 3, 5, 7, 11, 13, 17, 19] and m.primes(0) == [] and not m.is_prime(1) and m.is_prime(97)
raises(ValueError, m.primes, -1)
assert "43, 47" in output""",
    "factorial": """
assert m.factorial(0) == 1 and m.factorial(5) == 120 and m.factorial(20) == 2432902008176640000
raises(ValueError, m.factorial, -1); raises(TypeError, m.factorial, 1.5)
assert "10! = 3628800" in output""",
    "fizzbuzz": """
assert m.fizzbuzz_up_to(15)[2::6] == ["Fizz", "Fizz", "FizzBuzz"] and m.fizzbuzz(10) == "Buzz" and m.fizzbuzz(7) == "7"
raises(ValueError, m.fizzbuzz_up_to, -1)
assert output.split()[-1] == "Buzz" and len(output.split()) == 100""",
    "bubble_sort": """
given = [3, 1, 2, 1]
assert m.bubble_sort(given) == [1, 1, 2, 3] and given == [3, 1, 2, 1] and m.bubble_sort([]) == []
assert "[1.0, 2.0, 5.0, 5.0, 6.0, 9.0]" in output""",
    "binary_search": """
assert m.binary_search([1, 4, 9], 9) == 2 and m.binary_search([1, 4, 9], 5) == -1 and m.binary_search([], 1) == -1
raises(ValueError, m.binary_search, [2, 1], 1)
assert "index 3" in output""",
    "palindrome": """
assert m.is_palindrome("Never odd or even") and not m.is_palindrome("no") and not m.is_palindrome("")
assert "is not a palindrome" in output""",
    "reverse_string": """
assert m.reverse_string("abc") == "cba" and m.reverse_string("") == "" and m.reverse_words("a b c") == "c b a"
raises(TypeError, m.reverse_string, 5)
assert "yedoC morf olleH" in output""",
    "word_count": """
assert m.count_words("It's one, two") == 3 and m.count_words("") == 0 and m.word_frequencies("A a b")["a"] == 2
assert "11 words" in output""",
    "temperature": """
assert m.celsius_to_fahrenheit(100) == 212 and m.fahrenheit_to_celsius(32) == 0 and m.celsius_to_kelvin(0) == 273.15
raises(ValueError, m.celsius_to_kelvin, -300)
assert "37.0 C = 98.6 F = 310.15 K" in output""",
    "gcd": """
assert m.gcd(48, -18) == 6 and m.gcd(0, 5) == 5 and m.gcd(7, 3) == 1
raises(ValueError, m.gcd, 0, 0)
assert "48 and 18 is 6" in output""",
    "password": """
made = m.generate_password(20)
assert len(made) == 20 and any(map(str.isdigit, made)) and any(map(str.isupper, made)) and made != m.generate_password(20)
raises(ValueError, m.generate_password, 2)
assert [len(line) for line in output.split()] == [16, 16, 16]""",
    "stack": """
s = m.Stack(); s.push(1); s.push(2)
assert s.pop() == 2 and s.peek() == 1 and len(s) == 1 and not s.is_empty() and s.pop() == 1 and s.is_empty()
raises(IndexError, s.pop); raises(IndexError, s.peek)
assert output.split() == ["third", "second", "first"]""",
    "hello": """
assert m.greet() == "Hello, World!" and m.greet(" Ada ") == "Hello, Ada!"
raises(ValueError, m.greet, " ")
assert output.strip() == "Hello, World!" """,
    "calculator": """
assert m.calculate(1, "+", 2) == 3 and m.calculate(7, "/", 2) == 3.5 and m.calculate(2, "*", 3) == 6
raises(ZeroDivisionError, m.calculate, 1, "/", 0); raises(ValueError, m.calculate, 1, "?", 1)
assert "12 * 4 = 48" in output""",
    "leap_year": """
assert m.is_leap_year(2000) and m.is_leap_year(2024) and not m.is_leap_year(1900) and not m.is_leap_year(2023)
raises(ValueError, m.is_leap_year, 0)
assert "2024 is a leap year." in output""",
}

_HARNESS = """
import importlib.util, subprocess, sys
def raises(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        assert str(error).endswith("."), "the error is no sentence"
        return
    raise AssertionError(f"{call} took {args}")
output = subprocess.run([sys.executable, "-I", sys.argv[1]], capture_output=True, text=True, check=True).stdout
spec = importlib.util.spec_from_file_location("made", sys.argv[1])
m = importlib.util.module_from_spec(spec)
sys.modules["made"] = m
spec.loader.exec_module(m)
"""


def complaint(name: str, source: str) -> str:
    """Runs `source` as the program `name` in a process of its own: "" if it is right, else the last line of the error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.py"
        path.write_text(source, "utf-8")
        command = [sys.executable, "-I", "-c", _HARNESS + ASSERTIONS[name], str(path)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f"still running after {SECONDS} s"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no message"])[-1]
