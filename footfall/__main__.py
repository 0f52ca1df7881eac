"""`footfall`, and `python -m footfall`: hands the words to the command line and the exit code to the shell.

Everything else is in cli/: verbs.py is the table of what one can type.
"""

from __future__ import annotations

import sys

from footfall.cli.front import run


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
