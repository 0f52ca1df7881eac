"""`footfall demo`: reads what was typed and hands it to footfall/demo, which builds the demonstration.

Loading this module loads the web server; no other verb but `serve` does.
"""

from __future__ import annotations

from pathlib import Path

import click

from collector.spool.errors import SpoolError
from footfall.cli.opening import told_as_settings
from footfall.demo.run import run_demo


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=None, help="Port on this machine; a free one unless given."
)
@click.option(
    "--days", type=click.IntRange(1, 760), default=90, show_default=True, help="How far the visits reach back."
)
@click.option("--events", type=click.IntRange(1, 50_000_000), default=200_000, show_default=True, help="How many.")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), default=None, help="Keep it there afterwards."
)
def demo(port: int | None, days: int, events: int, data: Path | None) -> None:
    """Show the whole product with generated visits."""
    with told_as_settings(SpoolError):
        run_demo(port, days, events, data)
