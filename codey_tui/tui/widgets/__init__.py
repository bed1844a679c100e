"""The widgets of the workbench, each beside its style sheet."""
