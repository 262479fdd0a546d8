"""Compiled parts of the model: settings, random numbers, and looks at what batches gave."""
