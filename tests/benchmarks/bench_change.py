"""Measure change detection: python -m tests.benchmarks.bench_change [--write docs/benchmarks.md] [--json FILE].

Prints the tables of docs/benchmarks.md: whole commands in units of reading and decoding their files, and every kernel
beside copying as many bytes. Wants a quiet machine, and 6 GB of free disk for the largest size.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.ends import EndToEnd, measure_ends
from tests.benchmarks.machine import machine
from tests.benchmarks.throughput import Throughput, measure_throughputs

HEAD_ENDS = [
    *("command", "image", "decoding, s", "command, s", "times decoding"),
    *("peak MiB of the largest process", "of all together", ""),
]
HEAD_KERNELS = ["Mpx/s", "copying, Mpx/s", "times copying", "why, where over 10"]
BEGIN, END = "<!-- measured -->\n", "<!-- end -->"


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        ends = measure_ends(Path(folder), sizes=asked.sizes, rounds=asked.rounds, peers=asked.peers)
    kernels = measure_throughputs(size=asked.kernel_size, rounds=asked.rounds)
    page = report(ends, kernels, kernel_size=asked.kernel_size, remark=asked.remark)
    sys.stdout.write(page)
    if asked.json:
        found = {"machine": machine(), "end_to_end": list(map(asdict, ends)), "kernels": list(map(asdict, kernels))}
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    if asked.write:
        asked.write.write_text(between(asked.write.read_text(), page))


def arguments() -> argparse.Namespace:
    said = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    said.add_argument("--sizes", type=int, nargs="+", default=[4096, 8192, 16384], help="pixels along a side")
    said.add_argument("--kernel-size", type=int, default=2048, help="pixels along a side, for single kernels")
    said.add_argument("--rounds", type=int, default=3)
    said.add_argument("--folder", type=Path, help="for the files that are made; the system's own when omitted")
    said.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    said.add_argument("--json", type=Path, help="also write the figures here")
    said.add_argument("--write", type=Path, help="page between whose marks the tables are put")
    said.add_argument("--remark", default="", help="said above the tables, e.g. that the machine was busy")
    return said.parse_args()


def report(ends: list[EndToEnd], kernels: list[Throughput], *, kernel_size: int, remark: str) -> str:
    """Give the tables as Markdown."""
    side = f"{kernel_size} x {kernel_size} x 4"
    once, per_tile = ([k for k in kernels if k.once is wanted] for wanted in (True, False))
    return "\n".join(
        [
            *([remark, ""] if remark else []),
            f"{machine()}.",
            "",
            *_table(HEAD_ENDS, [_end_row(e) for e in ends]),
            *_table([f"kernel, on {side} float32", *HEAD_KERNELS], [_kernel_row(k) for k in per_tile]),
            *_table(
                [f"once a pair, on a sample of {side}", "s", *HEAD_KERNELS[:-1]],
                [_once_row(k) for k in once],
            ),
        ]
    )


def between(page: str, tables: str) -> str:
    """Put the tables between the marks of a page."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables}\n{END}{tail}"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)] + [""]


def _end_row(e: EndToEnd) -> list[str]:
    figures = ["-"] * 5
    if e.ratio:
        figures = [
            f"{e.decode_s:.2f}",
            f"{e.seconds:.1f}",
            f"**{e.ratio:.1f}**",
            *(f"{m:.0f}" for m in (e.largest_mib, e.total_mib)),
        ]
    return [e.who, f"{e.size} x {e.size} x 4", *figures, e.note]


def _kernel_row(k: Throughput) -> list[str]:
    return [f"`{k.kernel}`", f"{k.mpx_s:.3g}", f"{k.floor_mpx_s:.0f}", f"{k.times_floor:.1f}", k.note]


def _once_row(k: Throughput) -> list[str]:
    return [f"`{k.kernel}`", f"{k.seconds:.2f}", *_kernel_row(k)[1:-1]]


if __name__ == "__main__":
    main()
