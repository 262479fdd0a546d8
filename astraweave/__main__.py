"""`python -m astraweave`: the same as the command `astraweave`."""

import sys

from astraweave.cli import main

if __name__ == "__main__":
    sys.exit(main())
