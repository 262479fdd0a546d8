"""Counting over decisions. Takes arrays that were checked; refuses nothing."""
