"""The pictures that the README opens with."""

import re
from pathlib import Path

import cv2

ROOT = Path(__file__).parents[2]


def test_the_readme_opens_with_small_pictures_that_a_script_makes():
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert shown == ["docs/report.png", "docs/compare.png"]
    assert sum((ROOT / p).stat().st_size for p in shown) < 600_000
    for path in shown:
        assert cv2.imread(str(ROOT / path)).std() > 30
    script = (ROOT / "docs" / "pictures.py").read_text()
    assert all(f'"{Path(p).name}"' in script for p in shown)
    tiles = re.findall(r'TILES / "([^"]+)"', script)
    assert len(tiles) == 2
    assert all((ROOT / "sample_tiles" / "hmeimim" / t).exists() for t in tiles)
