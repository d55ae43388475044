# ruff: noqa: T201 - a script that reports
"""Fail each write of a run in turn, run again, and compare what comes out with a run that was let be.

    python -m tests.robust.faults            # every write, each of ENOSPC, EACCES and EIO: takes an hour or so
    python -m tests.robust.faults --log f.jsonl   # the same; stopped, it goes on from there
    python -m tests.robust.faults --points 8 # a few, spread over the run
    python -m tests.robust.faults --power    # the power is lost at each write: what was not synced is cut off or empty

Needs a C compiler. It prints one line for each write where something went wrong, then a summary.
"""

import argparse
import errno
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Container, Iterator
from contextlib import redirect_stderr
from pathlib import Path

from tests.robust import layer

ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO)


def main() -> int:
    """Compile the layer, start again with it, and go through the writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=0, help="so many writes, spread over the run; 0: every one")
    parser.add_argument("--offset", type=int, default=0, help="begin so many writes later")
    parser.add_argument("--power", action="store_true", help="lose the power instead")
    parser.add_argument("--log", type=Path, help="where answers are kept, a line each: those in it are not asked again")
    given = parser.parse_args()
    if not layer.loaded():
        with tempfile.TemporaryDirectory(prefix="sitedelta-faults-") as name:
            return layer.again_with_layer("tests.robust.faults", Path(name), FAULT_FOLDER=f"{name}/out")
    folder, known = Path(os.environ["FAULT_FOLDER"]), _known(given.log)
    for answer in _answers(folder, given, known):
        known[answer["write"], answer["error"]] = answer
        if answer["wrong"]:
            print(f"write {answer['write']}, {answer['error']}: {answer['wrong']}", flush=True)
        if given.log:
            with given.log.open("a") as file:
                file.write(json.dumps(answer) + "\n")
    wrong = sum(answer["wrong"] is not None for answer in known.values())
    what = "losses of power" if given.power else "failures injected"
    print(f"{len(known)} {what} into {len({n for n, _ in known})} writes, {wrong} wrong", file=sys.stderr)
    return wrong > 0


def _known(log: Path | None) -> dict[tuple[int, str], dict]:
    if log is None or not log.exists():
        return {}
    found = map(json.loads, log.read_text().splitlines())
    return {(one["write"], one["error"]): one for one in found}


def _answers(folder: Path, given: argparse.Namespace, known: Container[tuple[int, str]]) -> Iterator[dict]:
    disk = layer.loaded()
    config = _site(folder.parent)
    disk.fault_arm(0, 0)
    assert _run(config) == (0, "")
    total, whole = disk.fault_count(), content(folder)
    print(f"{total} writes", file=sys.stderr)
    for at, error in _chosen(total, given):
        name = errno.errorcode.get(error, "no power")
        if (at, name) in known:
            continue
        shutil.rmtree(folder)
        status, said = _without_power(config, at, folder.parent / "log") if not error else _failing(config, at, error)
        again, said_again = _run(config)
        wrong = _judged(status, said, again, said_again, whole, content(folder))
        yield {"write": at, "error": name, "wrong": wrong}


def _chosen(total: int, given: argparse.Namespace) -> list[tuple[int, int]]:
    """Give the writes to fail, and how."""
    every = range(1, total + 1, max(1, total // given.points) if given.points else 1)
    errors = [(0,) if given.power else (ERRORS[k % 3],) if given.points else ERRORS for k in range(len(every))]
    return [(min(n + given.offset, total), error) for n, own in zip(every, errors, strict=True) for error in own]


def _failing(config: Path, n: int, error: int) -> tuple[int, str]:
    """Run a site whose n-th write fails."""
    layer.loaded().fault_arm(n, error)
    status, said = _run(config)
    layer.loaded().fault_arm(0, 0)
    return status, said


def _without_power(config: Path, n: int, log: Path) -> tuple[int, str]:
    """Kill a run at its n-th write, and take from the disk what need not be there: names stand, content does not."""
    log.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        layer.loaded().fault_log(os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND))
        layer.loaded().fault_arm(n, 0)
        _run(config)
        os._exit(0)
    os.waitpid(pid, 0)
    for k, path in enumerate(sorted(_unsynced(log.read_text().splitlines()))):
        if path.is_file():
            os.truncate(path, path.stat().st_size // 2 * (k % 2))
            os.utime(path, (0, 0))  # a machine takes a while to start again, and a lock is judged by its age
    for path in config.parent.rglob(".part-*"):
        os.utime(path, (0, 0))  # so is what others might still be writing
    return 0, ""


def _unsynced(lines: list[str]) -> set[Path]:
    """Give the files that were written and not brought onto the disk since."""
    found, moved = set[Path](), None
    for what, path in ((line[0], Path(line[2:])) for line in lines):
        if what == "W":
            found.add(path)
        elif what == "S":
            found.discard(path)
        elif what == "A":
            found.clear()
        elif what == "U":
            moved = path if path in found else None
            found.discard(path)
        elif what == "N" and moved:
            found.add(path)
    return found


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
