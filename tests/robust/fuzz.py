# ruff: noqa: T201 - a script that reports
"""Give damaged files to the command line: a result or one clear line, soon, and nothing written elsewhere.

    python -m tests.robust.fuzz                    # 2,000 cases: half an hour or so
    python -m tests.robust.fuzz --cases 60         # as in continuous integration
    python -m tests.robust.fuzz --seed 7 --only 41 # one case again, with its files kept in ./fuzz-41

Every case is a folder with one damaged file among good ones, and one command. What is held to: the status is 0, 1 or
2; one line on stderr where it is not 0; no traceback; 20 s of processor; 4 GiB; nothing written but below the output.
Cases run in a child process that is begun anew when it hangs, crashes or has grown.
"""

import argparse
import io
import json
import os
import random
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

CASES = 2000
LIMIT_S = 20.0
"""Of processor time: on a machine that others use too, a clock says little."""
PATIENCE_S = 300.0
"""Of the clock: what waits for ever uses no processor."""
LIMIT_KB = 4 * 2**20
_ADDRESSES = 24 * 2**30
"""Address space of the child: what asks for more fails to get it."""


def main() -> int:
    """Run cases, print what is wrong, and give how much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="one case, whose files are kept")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return _serve(given.seed)
    numbers = range(given.first, given.first + given.cases) if given.only is None else [given.only]
    found = list(wrong(numbers, given.seed, keep=given.only is not None))
    return len(found) > 0


def wrong(numbers: "Iterator[int] | range | list[int]", seed: int, *, keep: bool = False) -> Iterator[str]:
    """Run cases; give a line for each that does not hold, and print a summary."""
    told: Counter[str] = Counter()
    slowest, largest, child = (0.0, 0), 0, None
    for n in numbers:
        child = child or _child(seed)
        with tempfile.TemporaryDirectory(prefix="sitedelta-fuzz-") as name:
            answer = _asked(child, n, Path(name))
            if keep:
                shutil.copytree(name, f"fuzz-{n}", symlinks=True)
        if answer is None:
            code, _ = child.poll(), child.kill()
            child.wait()
            what, child = f"case {n}: {'hung' if code is None else f'ended its process ({code})'}", None
        else:
            slowest = max(slowest, (answer["cpu"], n))
            told[f"{answer['kind']}: {answer['status']}"] += 1
            largest = max(largest, answer["kb"])
            what = f"case {n} ({answer['command']}): {answer['wrong']}" if answer["wrong"] else None
            if answer["kb"] > LIMIT_KB // 2:
                child.kill()
                child.wait()
                child = None
        if what:
            print(what, flush=True)
            yield what
    if child:
        child.kill()
        child.wait()
    print(f"{sum(told.values())} answers: {dict(sorted(told.items()))}")
    print(
        f"slowest {slowest[0]:.1f} s of processor (case {slowest[1]}), most memory {largest / 2**20:.2f} GiB",
        flush=True,
    )


def _child(seed: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-W", "ignore", "-m", "tests.robust.fuzz", "--child", "--seed", str(seed)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "OMP_NUM_THREADS": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen(command, env=environment, text=True, bufsize=1, **pipes)
    assert child.stdout is not None
    child.stdout.readline()  # it has imported everything
    return child


def _asked(child: "subprocess.Popen[str]", n: int, folder: Path) -> dict | None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{n} {folder}\n")
    child.stdin.flush()
    used, until = _processor_s(child.pid), time.monotonic() + PATIENCE_S
    while not select.select([child.stdout], [], [], 1.0)[0]:
        if _processor_s(child.pid) - used > LIMIT_S or time.monotonic() > until:
            return None
    line = child.stdout.readline()
    time.sleep(0 if line else 0.1)  # one that ended is seen to have ended
    return json.loads(line) if line.startswith("{") else None


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve(seed: int) -> int:
    """Answer for cases, in the child."""
    import sitedelta.cli
    import sitedelta.siterun  # noqa: F401 - the first case is not to pay for it

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    print("ready", file=answers)
    for line in sys.stdin:
        number, _, folder = line.strip().partition(" ")
        print(json.dumps(_case(int(number), seed, Path(folder))), file=answers)
    return 0


def _case(n: int, seed: int, folder: Path) -> dict:
    from tests.robust.cases import make

    os.chdir("/")
    kind, command = make(random.Random(f"{seed}-{n}"), folder)
    os.chdir(folder)
    before = _everything(folder)
    cpu = time.process_time()
    status, said = _run(command)
    cpu = time.process_time() - cpu
    left = {p for p, b in _everything(folder).items() if before.get(p) != b and p.split("/")[0] not in ("out", "o.csv")}
    left -= {"o.csv.summary.json"}
    kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = _judged(status, said, left | (set(before) - set(_everything(folder))), kb)
    return {"kind": kind, "command": command[0], "status": status, "wrong": found, "kb": kb, "cpu": cpu}


def _everything(folder: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in folder.rglob("*"):
        said = path.lstat()
        if not path.is_dir():
            found[path.relative_to(folder).as_posix()] = (said.st_size, said.st_mtime_ns)
    return found


def _run(command: list[str]) -> tuple[int, str]:
    from sitedelta.cli import status_of

    heard = io.StringIO()
    with redirect_stderr(heard), redirect_stdout(io.StringIO()):
        try:
            status = status_of(command)
        except BaseException as error:  # noqa: BLE001 - whatever comes is what is looked for
            import traceback

            return 99, "".join(traceback.format_exception(error))[-1500:]
    return status, heard.getvalue()


def _judged(status: int, said: str, left: set[str], kb: int) -> str | None:
    lines = said.splitlines()
    if status not in (0, 1, 2):
        return f"status {status}: {said}"
    if status and (len(lines) != 1 or not lines[0].startswith("sitedelta: error: ")):
        return f"status {status} with {len(lines)} lines: {said[:600]}"
    if status and len(lines[0]) > 1000:
        return f"a line of {len(lines[0])} characters: {said[:300]}"
    if left:
        return f"wrote or removed {sorted(left)[:5]}"
    return f"{kb / 2**20:.1f} GiB" if kb > LIMIT_KB else None


if __name__ == "__main__":
    sys.exit(main())
