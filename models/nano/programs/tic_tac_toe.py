"""Tic tac toe for two players at the terminal."""

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


def winner(board: list[str]) -> str:
    """Return X or O if that player has three in a row, else an empty text."""
    if len(board) != 9:
        raise ValueError("The board must have nine fields.")
    for a, b, c in LINES:
        if board[a] in ("X", "O") and board[a] == board[b] == board[c]:
            return board[a]
    return ""


def play() -> None:
    """Let X and O take turns until one wins or the board is full."""
    board = list("123456789")
    for turn in range(9):
        print(board[:3], board[3:6], board[6:], sep="\n")
        player = "XO"[turn % 2]
        field = input(f"{player}, choose a field: ")
        while not field.isdigit() or field not in board:
            field = input("Choose a free field from 1 to 9: ")
        board[int(field) - 1] = player
        if winner(board):
            print(f"{player} wins.")
            return
    print("It is a draw.")


if __name__ == "__main__":
    try:
        play()
    except EOFError:
        print("\nGoodbye.")
