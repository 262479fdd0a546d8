"""Compiled parts of playstyle: counting over observation columns, and Beta posteriors."""
