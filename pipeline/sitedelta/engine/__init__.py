"""Run tasks: in this process, on local processes, or on a dask cluster; what is finished is never run again."""

from sitedelta.engine.outcome import Lost
from sitedelta.engine.running import EVERY_CORE, Place, Task, each, run_tasks, work_off
from sitedelta.engine.window import Work

__all__ = ["EVERY_CORE", "Lost", "Place", "Task", "Work", "each", "run_tasks", "work_off"]
