"""The scalar engine: one agent ticked from Python, with callbacks."""
