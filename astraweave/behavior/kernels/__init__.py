"""Compiled parts of behaviour: the batch engine."""
