"""Measurements on the machine at hand: what the screen costs, how soon it answers, how fast it starts."""
