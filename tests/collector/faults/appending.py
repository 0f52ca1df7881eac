"""A program to be killed: appends numbered records from many tasks and prints each number that was acknowledged.

`python appending.py DIRECTORY FIRST`: numbers start at FIRST. It never ends by itself.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

from disk import SMALL

from collector.spool import Committer, Spool

TASKS = 25


async def main(directory: Path, first: int) -> None:
    committer = Committer(Spool.open(directory, SMALL))
    numbers = itertools.count(first)

    async def visitor() -> None:
        for number in numbers:
            await committer.keep([b"%d" % number])
            os.write(1, b"%d\n" % number)

    await asyncio.gather(*(visitor() for _ in range(TASKS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
