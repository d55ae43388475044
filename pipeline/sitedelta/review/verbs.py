"""Review as functions: what the command line calls, and notebooks may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitedelta.errors import InputError
from sitedelta.site import Site, open_site

if TYPE_CHECKING:
    import pandas as pd

    from sitedelta.review.record import Taken
    from sitedelta.review.suggest import Suggestion


@dataclass(frozen=True, slots=True)
class ReviewImport:
    """What became of a file of decisions."""

    site: str
    taken: int
    """New in the ledger."""
    known: int
    """There already."""
    unknown: tuple[str, ...]
    """New ones about findings that the present results do not hold: kept, and attached when they come back."""
    disputes: tuple[str, ...]
    """Things on which reviewers disagree, and who says what."""


def review_export(
    config: str | Path,
    file: str | Path,
    *,
    chips: bool = False,
    site: str | None = None,
    out: str | Path | None = None,
) -> int:
    """Write a site's findings for a reviewer; give the number of rows.

    Parameters
    ----------
    config
        A YAML file, or the folder of a site.
    file
        GeoPackage (a layer for each kind of finding), GeoJSON or CSV, by its ending.
    chips
        Put a picture of each finding into a folder beside the file, and name it in the column `chip`.
    site
        Id of the site, where the configuration has several.
    out
        Folder of the results, instead of the configuration's `output`.
    """
    from sitedelta.review.apply import state
    from sitedelta.review.sheet import sheet
    from sitedelta.review.writing import write_sheet

    s = state(find_site(config, site=site, out=out))
    rows: Sequence[dict[str, Any]] = sheet(s)
    if chips:
        from sitedelta.review.cutouts import with_cutouts

        rows = with_cutouts(rows, s, Path(file))
    write_sheet(rows, s, Path(file))
    return len(rows)


def review_import(
    config: str | Path,
    file: str | Path,
    *,
    reviewer: str | None = None,
    site: str | None = None,
    out: str | Path | None = None,
) -> ReviewImport:
    """Take the decisions of a file into the site's ledger: all of them, or none.

    Parameters
    ----------
    config
        A YAML file, or the folder of a site.
    file
        GeoPackage, GeoJSON or CSV as exported and filled in, JSON of the report's page, or another ledger (.jsonl).
    reviewer
        Who decided, for rows that do not say.
    site
        Id of the site, where the configuration has several and the file does not say.
    out
        Folder of the results, instead of the configuration's `output`.

    Raises
    ------
    InputError
        A row cannot be used: nothing was taken.
    """
    from sitedelta.report.findings import read_findings
    from sitedelta.review.reading import located, read_review
    from sitedelta.review.record import merge, record
    from sitedelta.review.rows import request

    path, now = Path(file), _now()
    given = read_review(path)
    found = find_site(config, site=site or given.site, out=out)
    if given.site and given.site != found.manifest.site:
        raise InputError(f"{path}: is a review of site {given.site!r}, not of {found.manifest.site!r}")
    findings = read_findings(found)
    if given.decisions:
        return _imported(merge(found.store, findings, given.decisions, via=path.name), found)
    rows = [(located(r, georeferenced=found.georeferenced), r.where) for r in given.rows]
    asked = [request(cells, where, reviewer=reviewer, now=now) for cells, where in rows]
    wanted = [r for r in asked if r is not None]
    return _imported(record(found.store, findings, wanted, via=path.name, now=now), found)


def review_decide(
    config: str | Path,
    verdict: str,
    *,
    reviewer: str,
    site: str | None = None,
    out: str | Path | None = None,
    **said: Any,
) -> ReviewImport:
    """Take one decision into the ledger.

    Parameters
    ----------
    config
        A YAML file, or the folder of a site.
    verdict
        `accept`, `reject`, `reclass`, `move`, `add`, `unsure` or `complete`.
    reviewer
        Who decides.
    said
        The columns of docs/review.md, e.g. `id="20241206-a-aircraft-0001", note="a shadow"`.
    """
    from sitedelta.report.findings import read_findings
    from sitedelta.review.record import record
    from sitedelta.review.rows import request

    found, now = find_site(config, site=site, out=out), _now()
    findings = read_findings(found)
    kind = {"complete": "search"}.get(verdict) or _kind_of(str(said.get("id", "")), found)
    row = {"kind": kind, **{k.rstrip("_"): v for k, v in said.items()}, "review": verdict, "reviewer": reviewer}
    asked = request(row, f"review {verdict}", reviewer=reviewer, now=now)
    return _imported(record(found.store, findings, [asked] if asked else [], via="command line", now=now), found)


def review_list(config: str | Path, *, site: str | None = None, out: str | Path | None = None) -> "pd.DataFrame":
    """Give everything that was decided: a row for each thing, with who says what and what finding it is now."""
    import pandas as pd

    from sitedelta.review.apply import state
    from sitedelta.review.sheet import standing

    s = state(find_site(config, site=site, out=out))
    rows = [
        {
            "subject": r.subject.id,
            "kind": str(r.subject.kind),
            "scene": r.scene or r.subject.last.look.scene,
            "date": r.subject.last.look.date,
            "label": r.label,
            "standing": standing(r),
            "disputed": r.disputed,
            "finding": r.target.id if r.target else None,
            "attached": _attached(r),
            "site_row": r.site_row,
            "site_col": r.site_col,
            "lon": r.last.where.lon,
            "lat": r.last.where.lat,
            "note": r.last.note,
            "decisions": len(r.subject.decisions),
        }
        for r in s.reviewed
    ]
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else _LISTED)


def review_accuracy(config: str | Path, *, site: str | None = None, out: str | Path | None = None) -> "pd.DataFrame":
    """Give how good the detector is in each image, by what people decided: precision and recall with 90 % intervals.

    Returns
    -------
    DataFrame
        A row an image and class (see `review.accuracy.ImageAccuracy`); none for a class that nobody reviewed.
    """
    from dataclasses import asdict, fields

    import pandas as pd

    from sitedelta.review.accuracy import ImageAccuracy, accuracies
    from sitedelta.review.apply import state

    rows = accuracies(state(find_site(config, site=site, out=out)))
    return pd.DataFrame([asdict(r) for r in rows], columns=[f.name for f in fields(ImageAccuracy)])


_LISTED = ("subject", "kind", "scene", "date", "label", "standing", "disputed", "finding", "attached", "site_row",
           "site_col", "lon", "lat", "note", "decisions")  # fmt: skip


def _attached(r: Any) -> str:
    from sitedelta.review.decision import Kind

    if r.scene is None:
        return "image gone"
    if r.subject.kind is Kind.SEARCH or (r.target is None and r.subject.anchor.machine is None):
        return "added" if r.subject.kind is not Kind.SEARCH else "search"
    return "found" if r.target else "finding gone"


def review_suggest(
    config: str | Path,
    *,
    to: float = 0.1,
    scene: str | None = None,
    labels: Sequence[str] = (),
    seed: int = 0,
    site: str | None = None,
    out: str | Path | None = None,
) -> "tuple[Suggestion, ...]":
    """Say which findings to review so that the 90 % interval of each count is within a share of its middle.

    Parameters
    ----------
    config
        A YAML file, or the folder of a site.
    to
        Half the interval's width as a share of its middle, e.g. 0.1 for +-10 %.
    scene
        Id of the image; the latest that shows the class where not given.
    labels
        Classes; all that are counted where none is given.
    seed
        Of the draw.
    """
    from sitedelta.review.apply import state
    from sitedelta.review.suggest import suggest

    if not 0 <= to < 1:
        raise InputError(f"--to is {to:g}; give a share from 0 to 1, or per cent as 10%")
    s = state(find_site(config, site=site, out=out))
    scenes = [r.scene.id for r in s.findings.manifest.scenes]
    if scene is not None and scene not in scenes:
        raise InputError(f"there is no image {scene!r}; the images are {', '.join(scenes)[:300]}")
    return suggest(s, to=to, scene=scene, labels=labels, seed=seed)


def find_site(config: str | Path, *, site: str | None, out: str | Path | None) -> Site:
    """Open the results of one site of a configuration, or a site's own folder."""
    from sitedelta.settings.config import load_config

    path = Path(config)
    if path.is_dir():
        return open_site(path)
    loaded = load_config(path)
    ids = [s.id for s in loaded.sites]
    if site is None and len(ids) > 1:
        raise InputError(f"{path}: has several sites; choose one with --site: {', '.join(ids)[:300]}")
    if site is not None and site not in ids:
        raise InputError(f"there is no site {site!r} in the configuration: its sites are {', '.join(ids)[:300]}")
    return open_site((Path(out) if out else loaded.output) / (site or ids[0]))


def _kind_of(finding: str, found: Site) -> str:
    """Tell what kind of thing an id names."""
    from sitedelta.review.apply import state

    known = {t.id: str(t.kind) for t in state(found).targets}
    return known.get(finding, "object")


def _imported(taken: "Taken", found: Site) -> ReviewImport:
    from sitedelta.review.sheet import standing

    lost = tuple(f"{d.verdict} {d.machine.finding if d.machine else d.label} of {d.look.scene}" for d in taken.unknown)
    disputes = tuple(
        f"{r.target.id if r.target else r.subject.id}: {standing(r).removeprefix('disputed: ')}" for r in taken.disputes
    )
    return ReviewImport(found.manifest.site, len(taken.new), taken.known, lost, disputes)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
