"""A program that opens an old save and kills itself: `dying.py SAVE N`, at its Nth call.

Counted are the calls, of Python and of C, that bring a save to the newest schema. Says on stdout
how many there were when it lived to the end.
"""

import os
import signal
import sys
from types import FrameType

from astraweave.memory import open_memory

PARTS = ("opening.py", "beside.py", "rolling.py", "migrations.py", "ledger.py", "associations.py")


class Count:
    """Calls so far."""

    def __init__(self, last: int) -> None:
        self.last, self.now = last, 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event in ("call", "c_call") and frame.f_code.co_filename.endswith(PARTS):
            self.now += 1
            if self.now == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    # What is worked out once is none of a migration's calls.
    open_memory(":memory:").close()
    count = Count(int(sys.argv[2]))
    sys.setprofile(count)
    store = open_memory(sys.argv[1], backups=0)
    sys.setprofile(None)
    store.close()
    sys.stdout.write(f"{count.now}\n")
