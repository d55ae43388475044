"""The sample site: run it to see a whole report within a minute or two."""

from pathlib import Path
from typing import TYPE_CHECKING

from sitedelta.files.shipped import shipped
from sitedelta.progress import Progress, silent

if TYPE_CHECKING:
    from sitedelta.fleet import RunResult

FOLDER = Path("sitedelta-demo")


def demo(out: str | Path = FOLDER, *, jobs: int = 0, progress: Progress = silent) -> "tuple[RunResult, ...]":
    """Run the sample sites that come with sitedelta: rendered images of an air base and of a field camp.

    Parameters
    ----------
    out
        Folder for the results; made if it is not there.
    jobs
        Worker processes; 0 takes all cores.
    progress
        Called as the work goes on.
    """
    from sitedelta.running.runs import run

    return run(shipped("configs/sample.yaml"), out=Path(out), jobs=jobs, progress=progress)
