"""How well the companion learns: players in thousands of fights, baselines in the same run."""
