"""Tower of Hanoi: move all disks from one peg to another, never a larger on a smaller one."""


def hanoi(disks: int, source: str = "A", target: str = "C", spare: str = "B") -> list[str]:
    """Return the moves that bring the disks from source to target."""
    if disks < 0:
        raise ValueError("The number of disks must not be negative.")
    if disks == 0:
        return []
    before = hanoi(disks - 1, source, spare, target)
    after = hanoi(disks - 1, spare, target, source)
    return [*before, f"disk {disks}: {source} -> {target}", *after]


if __name__ == "__main__":
    for move in hanoi(3):
        print(move)
