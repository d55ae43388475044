"""Whole commands against reading their files: sitedelta, and peers where they are installed."""

import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.generate import write_pair
from tests.benchmarks.processes import CommandError, decode_seconds, run

Command = Callable[[Path, Path, Path], list[str]]
"""From before, after and a folder for results to a command line."""

OTB = "otbcli_MultivariateAlterationDetector"
PEER_MOST_PX = 8192
"""Peers are not run on larger images: they take minutes."""


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """A command on a pair of a size."""

    who: str
    size: int
    decode_s: float | None
    seconds: float | None
    ratio: float | None
    """Median over the rounds of the command's time in units of the decoding beside it."""
    largest_mib: float | None
    total_mib: float | None
    note: str = ""


def sitedelta_command(method: str) -> Command:
    def command(before: Path, after: Path, out: Path) -> list[str]:
        code = "from sitedelta.cli import main; main()"
        return [
            *(sys.executable, "-c", code, "change", str(before), str(after)),
            *("--out", str(out / method), "--method", method, "--quiet"),
        ]

    return command


def otb_command(before: Path, after: Path, out: Path) -> list[str]:
    return [OTB, "-in1", str(before), "-in2", str(after), "-out", str(out / "otb.tif"), "float", "-progress", "false"]


def measure_ends(folder: Path, *, sizes: Sequence[int], rounds: int, peers: bool) -> list[EndToEnd]:
    """Measure every command at every size; files are made once, and results overwritten."""
    found = []
    for size in sizes:
        pair = write_pair(folder, size=size)
        found.append(_measured("sitedelta change --method irmad", sitedelta_command("irmad"), pair, size, rounds))
        if peers and size <= PEER_MOST_PX:
            found.append(_peer("OTB, MAD not iterated", otb_command, pair, size))
        for path in pair:
            path.unlink()
    return found


def _peer(who: str, command: Command, pair: tuple[Path, Path], size: int) -> EndToEnd:
    program = command(*pair, pair[0].parent)[0]
    if shutil.which(program) is None:
        return EndToEnd(who, size, None, None, None, None, None, f"not measured: {program} is not installed")
    return _measured(who, command, pair, size, 1, note="one round")


def _measured(
    who: str, command: Command, pair: tuple[Path, Path], size: int, rounds: int, *, note: str = ""
) -> EndToEnd:
    decodes, runs = [decode_seconds(pair)], []  # the first fills the page cache, and is dropped
    try:
        for _ in range(rounds):
            decodes.append(decode_seconds(pair))
            runs.append(run(command(*pair, pair[0].parent)))
    except CommandError as error:
        return EndToEnd(who, size, decodes[-1], None, None, None, None, f"failed: {error}")
    return EndToEnd(
        who,
        size,
        statistics.median(decodes[1:]),
        statistics.median(r.seconds for r in runs),
        statistics.median(r.seconds / d for r, d in zip(runs, decodes[1:], strict=True)),
        max(r.largest_mib for r in runs),
        max(r.total_mib for r in runs),
        note,
    )
