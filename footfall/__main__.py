"""`footfall`, and `python -m footfall`: hands the words to the command line and the exit code to the shell.

Everything else is in cli/: verbs.py is the table of what one can type. It is loaded when a command is run, since a
process that `serve` starts loads this file too, and has no use for a command line.
"""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    sys.exit(importlib.import_module("footfall.cli.front").run(sys.argv[1:]))


if __name__ == "__main__":
    main()
