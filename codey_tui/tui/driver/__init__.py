"""The way to the terminal: what is sent, what is held back, and how the terminal is left. Nothing is imported here, so
that `sequences` stays cheap to import."""
