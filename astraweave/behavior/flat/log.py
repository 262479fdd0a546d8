"""The columns in which a batch tells its decisions. Refuses nothing."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from astraweave.behavior.kernels import layout as at

FIRST_ROWS = 1024
"""Room that a log begins with."""


class DecisionLog(NamedTuple):
    """Decisions of all agents, in the order of their steps; columns of one length.

    world: the agent. step_started: when it was drawn; step_ended: when it ended, −1 while open.
    node: index into `Program.nodes`; tactic: into `Program.tactics`. propensity in (0, 1].
    available: bit i is child i of the node. result: index into `model.columns.RESULTS`
    (0 open, 1 success, 2 failure, 3 interrupted).
    """

    world: npt.NDArray[np.int64]
    step_started: npt.NDArray[np.int64]
    step_ended: npt.NDArray[np.int64]
    node: npt.NDArray[np.int64]
    tactic: npt.NDArray[np.int64]
    propensity: npt.NDArray[np.float64]
    available: npt.NDArray[np.uint64]
    result: npt.NDArray[np.int64]

    @classmethod
    def of(cls, log: npt.NDArray[np.int64], shares: npt.NDArray[np.float64]) -> "DecisionLog":
        """Views of a kernel's `log` and `shares` (`kernels.layout`)."""
        rows = log[1 : 1 + int(log[0, 0])]
        return cls(
            world=rows[:, at.WORLD],
            step_started=rows[:, at.STARTED],
            step_ended=rows[:, at.ENDED],
            node=rows[:, at.NODE],
            tactic=rows[:, at.CHOSEN],
            propensity=shares[1 : 1 + len(rows)],
            available=rows[:, at.AVAILABLE].view(np.uint64),
            result=rows[:, at.RESULT],
        )
