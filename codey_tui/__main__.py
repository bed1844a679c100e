"""`python -m codey_tui` is `codey`."""

from codey_tui.cli import main

if __name__ == "__main__":
    main()
