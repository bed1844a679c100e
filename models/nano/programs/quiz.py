"""Quiz with questions at the terminal and a score at the end."""

QUESTIONS = {
    "What is the capital of France?": "paris",
    "How many legs has a spider?": "8",
    "Which planet is closest to the sun?": "mercury",
}


def score(answers: list[str]) -> int:
    """Return how many of the answers are right."""
    if len(answers) != len(QUESTIONS):
        raise ValueError("There must be one answer to each question.")
    right = list(QUESTIONS.values())
    return sum(answers[index].strip().lower() == right[index] for index in range(len(right)))


def play() -> None:
    """Ask every question and print the score."""
    answers = [input(f"{question} ") for question in QUESTIONS]
    print(f"You have {score(answers)} of {len(QUESTIONS)} right.")


if __name__ == "__main__":
    try:
        play()
    except EOFError:
        print("\nGoodbye.")
