"""Compiled parts of the model: settings and random numbers."""
