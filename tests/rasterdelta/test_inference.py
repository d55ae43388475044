"""Networks are run without telling anybody."""

import os
import subprocess
import sys
from pathlib import Path

import rasterdelta
from rasterdelta.detect.network import FEATURES


def test_a_network_that_is_loaded_leaves_nothing_in_the_users_folders(tmp_path):
    code = f"from pathlib import Path; from rasterdelta.detect.network import session; session(Path({str(FEATURES)!r}))"
    roots = os.pathsep.join([str(Path(rasterdelta.__file__).parents[1]), *filter(None, sys.path)])
    places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(tmp_path))
    own = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"} | places | {"PYTHONPATH": roots}
    subprocess.run([sys.executable, "-c", code], env=own, check=True, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
