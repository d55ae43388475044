"""The command line: parses, checks and calls the verbs of `sitedelta`; every failure is one line and a status."""

import gc
import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

import click

import sitedelta
from sitedelta.cli.ending import INTERRUPTED, Ended, end_on_request
from sitedelta.cli.evaluate import evaluate
from sitedelta.cli.evidence import bundle, sign, verify
from sitedelta.cli.group import Commands, help_unless_invoked
from sitedelta.cli.images import change, compare, count, register
from sitedelta.cli.options import examples
from sitedelta.cli.review import review
from sitedelta.cli.sites import demo, init, report, run
from sitedelta.cli.train import train
from sitedelta.cli.watch import watch
from sitedelta.errors import SitedeltaError

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Read by linear algebra libraries when they are loaded, here and in worker processes."""


_COLLECT_AFTER = 100_000
"""Objects made between two searches for cycles: importing makes many, and hardly any cycles."""


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "sitedelta demo",
        "sitedelta change before.tif after.tif --out changes",
        "sitedelta count base.png --gsd 0.5 --out aircraft.csv",
        "sitedelta init airfields && sitedelta run airfields/sites.yaml",
    ),
)
@click.version_option(sitedelta.__version__, prog_name="sitedelta", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Tell what changed at a site, what is there, what arrived, what left, and how sure that is."""
    help_unless_invoked(context)


for _command in (
    *(run, change, register, count, compare, evaluate, train),
    *(report, watch, review, verify, bundle, sign, init, demo),
):
    cli.add_command(_command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 input that cannot be used, 130 interrupted, 143 terminated."""
    end_on_request()
    for name in _THREADS:
        os.environ.setdefault(name, "1")  # processes share the cores; threads within them only get in each other's way
    debugging = bool(os.environ.get("SITEDELTA_DEBUG"))
    if not debugging:
        sys.excepthook = lambda *_: None  # libraries call it for errors that they then go on without
        if not sys.warnoptions:
            warnings.simplefilter("ignore")  # they speak to developers
        _hush_libraries()
    gc.set_threshold(_COLLECT_AFTER, 10, 10)
    try:
        status = status_of(args)
    except Exception as error:  # whatever it is, it is one line
        if debugging:
            raise
        status = _fault(error)
    gc.freeze()  # what is left needs no search for cycles
    sys.exit(status)


def status_of(args: Sequence[str] | None = None) -> int:
    """Run a command; give its exit status, having said on stderr why it is not 0."""
    try:
        status = cli.main(args, prog_name="sitedelta", standalone_mode=False)
    except click.ClickException as error:
        _say(_one_line(error.format_message()) + _where_to_look(error))
        return error.exit_code
    except Ended as asked:
        asked.say()
        return asked.code
    except click.Abort:
        _say("interrupted")
        return INTERRUPTED
    except SitedeltaError as error:
        _say(_one_line(str(error)))
        return error.exit_status
    except BrokenPipeError:
        _close_output()
        return 1
    return status if isinstance(status, int) else 0


def _hush_libraries() -> None:
    """Keep what libraries print past Python, of a full disk or a damaged file, from the user: we say it in one line."""
    sys.unraisablehook = lambda _: None
    try:
        said, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # started without it
        return
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(said, "w", buffering=1, encoding=sys.stderr.encoding, errors=sys.stderr.errors)


def _say(message: str) -> None:
    click.echo(f"sitedelta: error: {message}", err=True)


def _one_line(message: str) -> str:
    return " ".join(message.split())


def _where_to_look(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see {context.command_path} --help)" if context else ""


def _close_output() -> None:
    """Let nothing be written when the reader of our output has gone, not even at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())


def _fault(error: Exception) -> int:
    if isinstance(error, MemoryError):
        _say("out of memory; try fewer --jobs or smaller images")
    else:
        what = _one_line(f"{type(error).__name__}: {error}")
        _say(f"this is a fault in sitedelta, not in your input: {what} (set SITEDELTA_DEBUG=1 for the traceback)")
    return 1
