"""The other names that people and models give tools, operations and arguments."""

ALIASES: dict[str, str] = {
    "files": "file", "filesystem": "file", "fs": "file", "terminal": "shell", "bash": "shell", "sh": "shell",
    "command": "shell", "cmd": "shell", "exec": "shell", "execute": "shell", "run": "shell", "run_command": "shell",
    "execute_command": "shell", "run_shell_command": "shell", "vcs": "git", "version_control": "git", "grep": "search",
    "rg": "search", "ripgrep": "search", "search_files": "search", "search_text": "search", "code_search": "search",
    "find_in_files": "search", "sqlite3": "sqlite", "db": "sqlite", "database": "sqlite", "sql": "sqlite",
    "py": "python", "python3": "python", "ipython": "python", "run_python": "python", "code_interpreter": "python",
    "env": "environment", "venv": "environment", "virtualenv": "environment", "pip": "environment",
    "npm": "environment", "packages": "environment",
}  # fmt: skip
"""Other names of tools."""

OPERATIONS: dict[str, tuple[str, str]] = {
    "read": ("file", "read"), "write": ("file", "write"), "read_file": ("file", "read"), "cat": ("file", "read"),
    "view": ("file", "read"), "write_file": ("file", "write"), "create_file": ("file", "write"),
    "list_files": ("file", "list"), "list_dir": ("file", "list"), "list_directory": ("file", "list"),
    "ls": ("file", "list"), "delete_file": ("file", "delete"), "mkdir": ("file", "mkdir"),
    "directory": ("file", "mkdir"), "create_directory": ("file", "mkdir"), "find_files": ("file", "find"),
    "glob": ("file", "find"), "edit": ("file", "edit"), "edit_file": ("file", "edit"), "replace": ("file", "edit"),
    "str_replace": ("file", "edit"), "move_file": ("file", "move"), "rename_file": ("file", "move"),
    "copy_file": ("file", "copy"), "sql_query": ("sqlite", "query"), "sqlite_query": ("sqlite", "query"),
    "sqlite_schema": ("sqlite", "schema"), "install": ("environment", "install"),
    "pip_install": ("environment", "install"), "install_packages": ("environment", "install"),
    "create_venv": ("environment", "create"), "create_environment": ("environment", "create"),
    **{f"git_{op}": ("git", op) for op in
       "status log diff show blame branch switch add restore commit stash tag pull push".split()},
}  # fmt: skip
"""Names of a tool that also say what to do; they supply `op` where it is missing."""

ARGUMENTS: dict[str, dict[str, str]] = {
    "file": {
        "filename": "path", "file_path": "path", "filepath": "path", "file": "path", "contents": "content",
        "text_content": "content", "operation": "op", "action": "op", "destination": "target", "to": "target",
        "old_string": "search", "old_str": "search", "new_string": "replace", "new_str": "replace",
    },
    "shell": {"cmd": "command", "command_line": "command", "script": "command", "timeout": "seconds"},
    "git": {
        "operation": "op", "subcommand": "op", "branch": "name", "ref": "revision", "commit": "revision", "msg": "message",
        "all": "everything", "files": "paths", "limit": "count", "cached": "staged",
    },
    "search": {
        "query": "pattern", "regex": "pattern", "text": "pattern", "directory": "path", "folder": "path",
        "file_types": "types", "max_results": "matches", "context_lines": "context",
    },
    "sqlite": {
        "database": "path", "db": "path", "file": "path", "query": "sql", "statement": "sql", "limit": "rows",
        "operation": "op", "action": "op",
    },
    "environment": {"operation": "op", "action": "op", "package": "packages", "language": "kind"},
    "python": {"script": "code", "source": "code", "program": "code", "timeout": "seconds"},
}  # fmt: skip
"""Other names of arguments, by tool."""
