"""What tests of remote things share with those of STAC."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("stac_conftest", Path(__file__).parents[1] / "stac" / "conftest.py")
_stac = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_stac)

serve, quick, big, world = _stac.serve, _stac.quick, _stac.big, _stac.world
