"""A stored episode, run through its tree once more: which node said what, and why.

`record` reads the decisions out of the log, `suppose` fills in what the leaves must have said,
`rerun` ticks the tree in the scalar engine. Refuses to guess facts: ticks whose facts were not
kept are not shown.
"""

from astraweave.behavior.retrace.rerun import Retraced, retrace

__all__ = ["Retraced", "retrace"]
