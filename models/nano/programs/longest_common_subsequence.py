"""Longest common subsequence: the most letters that two texts share in order."""


def lcs(first: str, second: str) -> str:
    """Return the longest common subsequence of both texts."""
    row = [""] * (len(second) + 1)
    for left in first:
        previous = row
        row = [""]
        for index, right in enumerate(second):
            if left == right:
                row.append(previous[index] + left)
            else:
                row.append(max(previous[index + 1], row[index], key=len))
    return row[-1]


if __name__ == "__main__":
    for first, second in (("ABCBDAB", "BDCABA"), ("abc", "xyz")):
        print(f"{first} and {second}: {lcs(first, second)!r}")
