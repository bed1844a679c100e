"""A to-do list: add tasks, complete them, show what is left."""


class TodoList:
    """Tasks, each with True if it is done."""

    def __init__(self) -> None:
        self._tasks: dict[str, bool] = {}

    def add(self, task: str) -> None:
        """Add a task; raises ValueError if it is empty."""
        if not task.strip():
            raise ValueError("The task must not be empty.")
        self._tasks[task] = False

    def complete(self, task: str) -> None:
        """Mark a task as done; raises LookupError if it is not there."""
        if task not in self._tasks:
            raise LookupError(f"There is no {task}.")
        self._tasks[task] = True

    def pending(self) -> list[str]:
        """Return the tasks that are not done."""
        return [task for task, done in self._tasks.items() if not done]


if __name__ == "__main__":
    todo = TodoList()
    for task in ("buy milk", "call Ada", "read"):
        todo.add(task)
    todo.complete("call Ada")
    for task in todo.pending():
        print(task)
