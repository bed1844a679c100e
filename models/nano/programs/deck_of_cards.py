"""A deck of cards: 52 cards to shuffle and deal."""

import random

RANKS = "2 3 4 5 6 7 8 9 10 J Q K A".split()
SUITS = ("clubs", "diamonds", "hearts", "spades")


class Deck:
    """A deck of 52 playing cards."""

    def __init__(self) -> None:
        self.cards = [f"{rank} of {suit}" for suit in SUITS for rank in RANKS]

    def shuffle(self) -> None:
        """Put the cards in random order."""
        random.shuffle(self.cards)

    def deal(self, count: int = 1) -> list[str]:
        """Take count cards from the deck; raises ValueError if it has too few."""
        if not 0 <= count <= len(self.cards):
            raise ValueError("There are too few cards.")
        hand, self.cards = self.cards[:count], self.cards[count:]
        return hand

    def __len__(self) -> int:
        return len(self.cards)


if __name__ == "__main__":
    deck = Deck()
    deck.shuffle()
    print(", ".join(deck.deal(5)))
    print(f"{len(deck)} cards left")
