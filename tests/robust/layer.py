"""The layer between a program and the disk (faults.c): built and preloaded into a program that starts itself again."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MARK = "SITEDELTA_LAYER"
"""Names the library, in the environment of a process that has it."""


def has_compiler() -> bool:
    """Tell whether the layer can be built here."""
    return shutil.which("cc") is not None


def again_with_layer(module: str, folder: Path, **environment: str) -> int:
    """Run a module of these tests again, with the layer, and give its status."""
    library = folder / "faults.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "faults.c", "-ldl"], check=True, timeout=60)
    own = {"LD_PRELOAD": str(library), MARK: str(library), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-W", "ignore", "-m", module, *sys.argv[1:]]
    return subprocess.run(command, env=os.environ | own | environment, check=False).returncode


def loaded() -> Any:
    """Give the layer of this process: `fault_arm`, `fault_count`, `fault_log`; None where there is none."""
    return ctypes.CDLL(None) if MARK in os.environ else None
