# ruff: noqa: T201 - a script that reports
"""Fail each write of a run in turn, run again, and compare what comes out with a run that was let be.

    python -m tests.robust.faults            # every write, each of ENOSPC, EACCES and EIO: takes an hour or so
    python -m tests.robust.faults --points 8 # a few, spread over the run

Needs a C compiler. It prints one line for each write where something went wrong, then a summary.
"""

import argparse
import ctypes
import errno
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path

HERE = Path(__file__).parent
ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO)


def main() -> int:
    """Compile the layer, start again with it, and go through the writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=0, help="so many writes, spread over the run; 0: every one")
    parser.add_argument("--offset", type=int, default=0, help="begin so many writes later")
    given = parser.parse_args()
    if "FAULT_FOLDER" not in os.environ:
        return _again_with_layer()
    folder = Path(os.environ["FAULT_FOLDER"])
    wrong = list(_wrong(folder, given.points, given.offset))
    print("\n".join(wrong))
    return len(wrong) > 0


def _again_with_layer() -> int:
    with tempfile.TemporaryDirectory(prefix="sitedelta-faults-") as name:
        library = Path(name) / "faults.so"
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "faults.c", "-ldl"], check=True, timeout=60
        )
        environment = {
            "LD_PRELOAD": str(library),
            "FAULT_FOLDER": f"{name}/out",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = [sys.executable, "-W", "ignore", "-m", "tests.robust.faults", *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | environment, check=False).returncode


def _wrong(folder: Path, points: int, offset: int) -> Iterator[str]:
    layer = ctypes.CDLL(None)
    config = _site(folder.parent)
    layer.fault_arm(0, 0)
    assert _run(config) == (0, "")
    total, whole = layer.fault_count(), content(folder)
    chosen = range(1, total + 1, max(1, total // points)) if points else range(1, total + 1)
    tried = 0
    for k, n in enumerate(chosen):
        for error in ERRORS if not points else (ERRORS[k % len(ERRORS)],):
            shutil.rmtree(folder)
            layer.fault_arm(min(n + offset, total), error)
            status, said = _run(config)
            layer.fault_arm(0, 0)
            again, said_again = _run(config)
            tried += 1
            what = _judged(status, said, again, said_again, whole, content(folder))
            if what:
                yield f"write {n} of {total}, {errno.errorcode[error]}: {what}"
    print(f"{tried} failures injected into {total} writes", file=sys.stderr)


def _judged(status: int, said: str, again: int, said_again: str, whole: dict, now: dict) -> str | None:
    lines = [line for line in said.splitlines() if line.startswith("sitedelta:")]
    if status not in (0, 1, 2) or "Traceback" in said or "fault in sitedelta" in said:
        return f"status {status}: {said[-300:]}"
    if status and len(lines) != 1:
        return f"{len(lines)} lines: {said[-300:]}"
    if again:
        return f"the next run: status {again}: {said_again[-300:]}"
    different = sorted(n for n in set(whole) | set(now) if whole.get(n) != now.get(n))
    return f"other bytes in {different}" if different else None


def content(folder: Path) -> dict[str, bytes]:
    """Give all files of a run's output, but those of the work in progress."""
    found = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {n: p.read_bytes() for n, p in found.items() if "/work/" not in n and not n.endswith("run.lock")}


def _run(config: Path) -> tuple[int, str]:
    from sitedelta.cli import status_of

    heard = io.StringIO()
    with redirect_stderr(heard):
        try:
            status = status_of(["run", str(config), "--jobs", "1", "--quiet"])
        except Exception as error:  # noqa: BLE001 - what the command line would call a fault
            return 99, f"{type(error).__name__}: {error}"
    return status, heard.getvalue()


def _site(folder: Path) -> Path:
    from tests.robust.renders import write_dates

    write_dates(folder / "in", dates=2, side=64)
    config = folder / "sites.yaml"
    config.write_text("output: out\nsites:\n- {id: base, count: [], imagery: [{path: in/*.tif}]}\n")
    return config


if __name__ == "__main__":
    sys.exit(main())
