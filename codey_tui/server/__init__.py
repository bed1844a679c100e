"""The engine's unix socket: the host in the engine process, the remote Client in a screen or a shell, and start-or-attach."""
