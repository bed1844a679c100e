"""A bank account: deposit and withdraw money."""


class BankAccount:
    """An account with an owner and a balance."""

    def __init__(self, owner: str, balance: float = 0) -> None:
        if balance < 0:
            raise ValueError("The balance must not be negative.")
        self.owner = owner
        self.balance = balance

    def deposit(self, amount: float) -> None:
        """Add amount to the balance."""
        if amount <= 0:
            raise ValueError("The amount must be positive.")
        self.balance += amount

    def withdraw(self, amount: float) -> None:
        """Take amount from the balance; raises ValueError if it is too much."""
        if amount <= 0:
            raise ValueError("The amount must be positive.")
        if amount > self.balance:
            raise ValueError("The balance is too low.")
        self.balance -= amount


if __name__ == "__main__":
    account = BankAccount("Ada", 100)
    account.deposit(50)
    account.withdraw(30)
    print(f"{account.owner}: {account.balance}")
