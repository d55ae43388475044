"""Lay the sample tiles out as labelled images: python sample_tiles/labelled.py DIR, then sitedelta evaluate DIR.

An example of the layout that docs/evaluation.md describes: images/, images.csv, labels.csv, sites.json. The labels are
the exact truth.
"""

import argparse
import csv
import json
import shutil
from pathlib import Path

HERE = Path(__file__).parent
CLEAR = 0.95
"""Share of an object that is in the image and not under cloud, from which it is to be found."""
COLUMNS = ("image", "class", "kind", "col", "row", "length_px", "width_px", "heading_deg", "visibility")


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiles", choices=("50cm", "3m"), default="50cm")
    args = parser.parse_args()
    write(args.folder, args.tiles)


def write(folder: Path, tiles: str) -> None:
    """Copy the images of one resolution, and write their tables."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    labels, images, sites = [], [], {}
    for truth in sorted((HERE / "truth").glob("*-dates.json")):
        told = json.loads(truth.read_text(encoding="utf-8"))
        objects = json.loads((HERE / "truth" / f"{told['site']}-objects.geojson").read_text(encoding="utf-8"))
        here = [f for f in told["files"] if f["file"].endswith(f"-{tiles}.tif")]
        for f in here:
            name = Path(f["file"]).name
            shutil.copyfile(HERE / f["file"], folder / "images" / name)
            images.append({"image": name, "gsd_m": f["gsd_m"], "exhaustive": 1})
            things = [o["properties"] for o in objects["features"] if o["properties"]["date"] == f["datetime"][:10]]
            labels += [label(name, t, t["tiles"][tiles], f["gsd_m"]) for t in things if tiles in t["tiles"]]
        sites[told["site"]] = [Path(f["file"]).name for f in here]
    write_table(folder / "labels.csv", COLUMNS, labels)
    write_table(folder / "images.csv", ("image", "gsd_m", "exhaustive"), images)
    (folder / "sites.json").write_text(json.dumps({s: n for s, n in sites.items() if n}, indent=1), encoding="utf-8")


def label(image: str, thing: dict, place: dict, gsd_m: float) -> dict:
    """Give one row of labels.csv."""
    sides = {k: round(thing[f"{k}_m"] / gsd_m, 2) for k in ("length", "width")}
    return {
        "image": image,
        "class": thing["class"],
        "kind": thing["kind"],
        "col": place["col"],
        "row": place["row"],
        "length_px": sides["length"],
        "width_px": sides["width"],
        "heading_deg": thing["heading_deg"],
        "visibility": "clear" if place["visible"] >= CLEAR else "hidden",
    }


def write_table(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    """Write a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
