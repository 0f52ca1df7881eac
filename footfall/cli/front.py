"""The front door's threshold: runs one command and turns what the world did into one line and an exit code.

In: the words after `footfall`. Out: 0 done; 1 the answer is no (not there, already there, refused); 2 usage or
settings. An error is one line on stderr that says what to do. Only a mistake of ours ends in a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
from click.exceptions import NoArgsIsHelpError

from clickhouse.faults import StoreError, StoreLocked, StoreMisconfigured
from collector.settings import SettingsError
from footfall.cli.verbs import footfall
from footfall.lock import DataHeld
from registry.errors import NotAllowed, RegistryAway, RegistryError, SaltsRefused

ANSWER_IS_NO = 1
USAGE_OR_SETTINGS = 2

_SETTINGS = (NotAllowed, RegistryAway, SaltsRefused, SettingsError, StoreMisconfigured, StoreLocked, DataHeld)
_NO = (RegistryError, StoreError)


def run(words: Sequence[str]) -> int:
    """Run `footfall` with these words and return the exit code."""
    try:
        result = footfall.main(args=list(words), prog_name="footfall", standalone_mode=False)
    except NoArgsIsHelpError as error:
        error.show()
        return USAGE_OR_SETTINGS
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "footfall"
        return _tell(f"{error.format_message().rstrip('.')}; see {where} --help", USAGE_OR_SETTINGS)
    except click.Abort:
        return _tell("stopped", ANSWER_IS_NO)
    except click.ClickException as error:
        return _tell(error.format_message(), ANSWER_IS_NO)
    except _SETTINGS as error:
        return _tell(str(error), USAGE_OR_SETTINGS)
    except _NO as error:
        return _tell(str(error), ANSWER_IS_NO)
    except BrokenPipeError:
        # The reader has gone (`| head`): nothing is left to say, and Python must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ANSWER_IS_NO
    except OSError as error:
        return _tell(f"{error.filename or 'the system'}: {error.strerror or error}", USAGE_OR_SETTINGS)
    return result if isinstance(result, int) else 0


def _tell(sentence: str, code: int) -> int:
    click.echo(f"footfall: {' '.join(sentence.split())}", err=True)
    return code
