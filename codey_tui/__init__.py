"""Codey: a full-screen workbench for an AI software engineer that lives on the user's own CPU."""

__version__ = "0.1.0"
