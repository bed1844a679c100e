"""Levenshtein distance: how many edits turn one text into another."""


def levenshtein(first: str, second: str) -> int:
    """Return the least number of inserted, deleted or replaced letters."""
    row = list(range(len(second) + 1))
    for count, left in enumerate(first, 1):
        previous = row
        row = [count]
        for index, right in enumerate(second):
            replaced = previous[index] + (left != right)
            row.append(min(replaced, previous[index + 1] + 1, row[index] + 1))
    return row[-1]


if __name__ == "__main__":
    for first, second in (("kitten", "sitting"), ("abc", "abc")):
        print(f"{first} and {second}: {levenshtein(first, second)}")
