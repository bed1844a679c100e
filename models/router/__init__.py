"""The recipe of the router's linear model: requests drawn from frames, training, and measurement on held-out requests."""
