"""Compiled parts of memory: the search over all vectors, and the exact score of a few."""
