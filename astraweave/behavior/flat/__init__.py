"""Trees as flat arrays, and the batch engine that ticks agents through them."""
