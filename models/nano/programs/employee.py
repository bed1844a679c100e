"""An employee: a dataclass with name, position and salary."""

from dataclasses import dataclass


@dataclass
class Employee:
    """A person who works for a salary."""

    name: str
    position: str
    salary: float

    def __post_init__(self) -> None:
        if self.salary < 0:
            raise ValueError("The salary must not be negative.")

    def give_raise(self, percent: float) -> None:
        """Raise the salary by percent."""
        if percent <= 0:
            raise ValueError("The percentage must be positive.")
        self.salary = round(self.salary * (1 + percent / 100), 2)


if __name__ == "__main__":
    employee = Employee("Ada", "engineer", 50000)
    employee.give_raise(10)
    print(employee)
