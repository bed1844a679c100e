"""Student grades: add grades and compute averages."""


class GradeBook:
    """The grades of each student, from 0 to 100."""

    def __init__(self) -> None:
        self._grades: dict[str, list[float]] = {}

    def add(self, student: str, grade: float) -> None:
        """Add a grade; raises ValueError if it is not between 0 and 100."""
        if not 0 <= grade <= 100:
            raise ValueError("The grade must be between 0 and 100.")
        self._grades.setdefault(student, []).append(grade)

    def average(self, student: str) -> float:
        """Return the mean grade; raises LookupError if there is no such student."""
        if student not in self._grades:
            raise LookupError(f"There is no {student}.")
        grades = self._grades[student]
        return sum(grades) / len(grades)

    def students(self) -> list[str]:
        """Return all students in order."""
        return sorted(self._grades)


if __name__ == "__main__":
    book = GradeBook()
    for student, grade in (("Ada", 90), ("Ada", 100), ("Alan", 85)):
        book.add(student, grade)
    for student in book.students():
        print(f"{student}: {book.average(student)}")
