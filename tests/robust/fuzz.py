# ruff: noqa: T201 - a script that reports
"""Give damaged files to the command line: a result or one clear line, soon, and nothing written elsewhere.

    python -m tests.robust.fuzz --log fuzz.jsonl   # 2,000 cases; stopped, it goes on from there
    python -m tests.robust.fuzz --cases 60         # as in continuous integration
    python -m tests.robust.fuzz --only 41          # one case again, with its files kept in ./fuzz-41

Every case is a folder with one damaged file among good ones, and one command. What is held to: the status is 0, 1 or
2 (3 where a watch told an alert); one line on stderr where it is not 0; no traceback; 20 s of processor; 4 GiB; nothing
written but below the output. Half of the cases that name `--within` beside it must not even read what lies elsewhere.

Each case runs in a process of its own, forked from one that has imported everything; every 25th in a new one, by
`python -m sitedelta`. With a C compiler, every file that is opened is seen; without, only what stands in the folder.
"""

import argparse
import io
import json
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from tests.robust import layer

CASES = 2000
LIMIT_S = 20
"""Of processor time: on a machine that others use too, a clock says little."""
PATIENCE_S = 600.0
"""Of the clock: what waits for ever uses no processor."""
LIMIT_KB = 4 * 2**20
_ADDRESSES = 24 * 2**30
"""Address space of a case: what asks for more fails to get it."""
_APART = 25


@dataclass
class Answer:
    """What came of a case."""

    case: int
    kind: str
    command: str
    status: int
    wrong: str | None
    apart: bool = False
    """In a new process."""
    cpu_s: float = 0.0
    kb: int = 0


def main() -> int:
    """Run cases, print what is wrong, and give how much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one case, whose files are kept")
    parser.add_argument("--log", type=Path, help="where answers are kept, a line each: those in it are not asked again")
    parser.add_argument("--summary", type=Path, help="where the summary is written as JSON")
    given = parser.parse_args()
    if layer.has_compiler() and not layer.loaded():
        with tempfile.TemporaryDirectory(prefix="sitedelta-fuzz-layer-") as name:
            return layer.again_with_layer("tests.robust.fuzz", Path(name))
    numbers = range(given.first, given.first + given.cases) if given.only is None else [given.only]
    known = _known(given.log)
    todo = [n for n in numbers if n not in known]
    for answer in answers(todo, given.seed, keep=given.only is not None):
        known[answer.case] = answer
        if answer.wrong:
            print(f"case {answer.case} ({answer.kind}, {answer.command}): {answer.wrong}", flush=True)
        if given.log:
            with given.log.open("a") as file:
                file.write(json.dumps(asdict(answer)) + "\n")
    said = summary([known[n] for n in numbers])
    print(json.dumps(said, indent=1))
    if given.summary:
        given.summary.write_text(json.dumps(said, indent=1) + "\n")
    return said["failures"] > 0


def _known(log: Path | None) -> dict[int, Answer]:
    if log is None or not log.exists():
        return {}
    lines = (json.loads(line) for line in log.read_text().splitlines())
    return {one["case"]: Answer(**one) for one in lines}


def summary(found: list[Answer]) -> dict:
    """Count answers by kind and status, and name the slowest, the largest, and those that do not hold."""
    slowest, largest = max(found, key=lambda a: a.cpu_s), max(found, key=lambda a: a.kb)
    kinds = Counter(a.kind for a in found)
    return {
        "cases": len(found),
        "in new processes": sum(a.apart for a in found),
        "kinds": dict(sorted(kinds.items())),
        "statuses": {k: dict(Counter(str(a.status) for a in found if a.kind == k)) for k in sorted(kinds)},
        "slowest": f"{slowest.cpu_s:.1f} s of processor (case {slowest.case}, {slowest.kind})",
        "most memory": f"{largest.kb / 2**20:.2f} GiB (case {largest.case}, {largest.kind})",
        "failures": sum(a.wrong is not None for a in found),
        "wrong": {a.case: a.wrong for a in found if a.wrong},
    }


def answers(numbers: Iterable[int], seed: int, *, keep: bool = False) -> Iterator[Answer]:
    """Run cases, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="sitedelta-fuzz-") as name:
        stage = _prepared(Path(name).resolve())
        for n in numbers:
            own = stage / f"{n}"
            own.mkdir()
            yield _asked(n, seed, own)
            if keep:
                shutil.copytree(own / "case", f"fuzz-{n}", symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(own)


def _prepared(stage: Path) -> Path:
    """Import everything, and make what many cases start from."""
    import cv2
    from tests.robust import cases, results

    cv2.setNumThreads(1)
    cases.write_elsewhere(stage / "elsewhere")
    results.write_finished(stage / "finished")
    (stage / "home").mkdir()
    os.environ |= {"HOME": str(stage / "home"), "XDG_CACHE_HOME": str(stage / "home/.cache")}
    return stage


def _asked(n: int, seed: int, own: Path) -> Answer:
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(told)
        _answer(n, seed, own, tell)
    os.close(tell)
    with os.fdopen(told) as file:
        late = not select.select([file], [], [], PATIENCE_S)[0]
        if late:
            os.kill(pid, signal.SIGKILL)
        line = file.read()
    _, code, used = os.wait4(pid, 0)
    if not line:
        ended = "hung" if late else f"ended its process ({os.waitstatus_to_exitcode(code)})"
        return Answer(n, "?", "?", -1, ended, kb=used.ru_maxrss, cpu_s=used.ru_utime + used.ru_stime)
    answer = Answer(**json.loads(line))
    if answer.kb > LIMIT_KB:
        answer.wrong = answer.wrong or f"{answer.kb / 2**20:.1f} GiB"
    return answer


def _answer(n: int, seed: int, own: Path, tell: int) -> None:
    """Do a case, in a process that ends with it."""
    status = 1
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nowhere, fd)
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
        try:
            answer = _case(n, seed, own)
        except Exception as error:  # noqa: BLE001 - in making the case, most likely
            answer = Answer(n, "?", "?", -1, f"{type(error).__name__}: {error}")
        os.write(tell, json.dumps(asdict(answer)).encode())
        status = 0
    finally:
        os._exit(status)


def _case(n: int, seed: int, own: Path) -> Answer:
    from tests.robust.cases import make

    folder, scratch = own / "case", own / "tmp"
    folder.mkdir()
    scratch.mkdir()
    kind, command = make(random.Random(f"{seed}-{n}"), folder)
    tempfile.tempdir, os.environ["TMPDIR"] = str(scratch), str(scratch)
    os.chdir(folder)
    before, apart = _everything(folder), n % _APART == _APART - 1
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + LIMIT_S + 1, int(used) + LIMIT_S + 1))
    with _watched(own / "opened") as opened:
        status, said = (_run_apart if apart else _run)(command)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN if apart else resource.RUSAGE_SELF)
    left = _changed(before, _everything(folder)) | {f"tmp/{p}" for p in _everything(scratch)}
    wrong = _judged(status, said, left, verifies=command[0] == "verify") or _strayed(opened, folder, scratch, command)
    cpu = spent.ru_utime + spent.ru_stime - (0 if apart else used)
    return Answer(n, kind, " ".join(command[:2]), status, wrong, apart, round(cpu, 2), spent.ru_maxrss)


def _everything(folder: Path) -> dict[str, tuple[int, int]]:
    said = {p.relative_to(folder).as_posix(): p.lstat() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    return {name: (one.st_size, one.st_mtime_ns) for name, one in said.items()}


def _changed(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> set[str]:
    changed = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    return {n for n in changed if not _is_output(n)}


def _is_output(name: str) -> bool:
    return name.partition("/")[0] in ("out", "o.csv", "o.zip", "o.csv.summary.json") or name.startswith(".part-")


class _watched:  # noqa: N801 - used as a function
    """Sees which files are opened, where the layer is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        if (found := layer.loaded()) is not None:
            found.fault_log(os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND))
        return self

    def __exit__(self, *_: object) -> None:
        if (found := layer.loaded()) is not None:
            found.fault_log(-1)
            text = self._path.read_text(errors="replace")
            self.lines = [(line[:1], line[2:]) for line in text.splitlines() if line[1:2] == " "]


def _strayed(opened: _watched, folder: Path, scratch: Path, command: list[str]) -> str | None:
    """Say what was written that is no output, or read that `--within` forbids."""
    elsewhere = folder.parent.parent / "elsewhere"
    for what, name in opened.lines:
        if name.startswith("MEM:::"):  # GDAL asks whether that is a file
            continue
        path = Path(os.path.normpath(folder / name))
        if what in "WND" and not path.is_relative_to(scratch) and not _may_write(path, folder):
            return f"wrote {path}"
        if what == "R" and "--within" in command and path.resolve().is_relative_to(elsewhere):
            return f"read {path}, outside --within"
    return None


def _may_write(path: Path, folder: Path) -> bool:
    if path.is_relative_to(folder) and path != folder:
        return _is_output(path.relative_to(folder).as_posix())
    return path.parts[1:2] in (("dev",), ("proc",)) or path in (folder, *folder.parents) or "__pycache__" in path.parts


def _run(command: list[str]) -> tuple[int, str]:
    from sitedelta.cli import status_of

    heard = io.StringIO()
    sys.unraisablehook, sys.excepthook = lambda _: None, lambda *_: None  # as the program itself has it
    with redirect_stderr(heard), redirect_stdout(io.StringIO()):
        try:
            status = status_of(command)
        except BaseException as error:  # noqa: BLE001 - whatever comes is what is looked for
            import traceback

            return 99, "".join(traceback.format_exception(error))[-1500:]
    return status, heard.getvalue()


def _run_apart(command: list[str]) -> tuple[int, str]:
    whole = [sys.executable, "-m", "sitedelta", *command]
    opened = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(whole, capture_output=True, check=False, env=opened)
    return done.returncode, done.stderr.decode(errors="replace")


def _judged(status: int, said: str, left: set[str], *, verifies: bool) -> str | None:
    lines = said.splitlines()
    if verifies and status == 1:  # it names what differs, a line each
        status, lines = 0, []
    if status not in (0, 1, 2, 3):
        return f"status {status}: {said}"
    if status in (1, 2) and (len(lines) != 1 or "error: " not in lines[0]):
        return f"status {status} with {len(lines)} lines: {said[:600]}"
    if "Traceback" in said or "fault in sitedelta" in said:
        return f"status {status}: {said[:600]}"
    if status and max(map(len, lines), default=0) > 1000:
        return f"a line of {len(lines[0])} characters: {said[:300]}"
    return f"wrote or removed {sorted(left)[:5]}" if left else None


if __name__ == "__main__":
    sys.exit(main())
