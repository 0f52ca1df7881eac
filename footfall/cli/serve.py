"""`footfall serve`: reads what was typed and hands it to footfall/serve.py, which composes the rooms.

Loading this module loads the web server; no other verb does.
"""

from __future__ import annotations

import click

from collector.spool.errors import SpoolError
from footfall.cli.opening import read_settings, told_as_settings
from footfall.serve import serve as run_server


@click.command()
@click.option("--host", default=None, help="Address to listen on; FOOTFALL_LISTEN unless given.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port; FOOTFALL_LISTEN unless given.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that receive; one does all."
)
@click.option("--only", type=click.Choice(["collector", "dashboard"]), default=None, help="Run one half of it.")
def serve(host: str | None, port: int | None, workers: int, only: str | None) -> None:
    """Receive events and show the dashboard."""
    with told_as_settings(SpoolError):
        run_server(read_settings(), host, port, workers, only)
