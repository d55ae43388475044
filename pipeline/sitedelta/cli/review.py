"""Commands on what people decide about findings: out to a file, in again, one by one, what stands, what to look at."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import sitedelta
from sitedelta.cli.checks import check_file
from sitedelta.cli.group import Commands, help_unless_invoked
from sitedelta.cli.options import PATH, examples, site, talk
from sitedelta.cli.output import conclude

if TYPE_CHECKING:
    from sitedelta.review.suggest import Suggestion
    from sitedelta.review.verbs import ReviewImport

F = TypeVar("F", bound=Callable[..., Any])
_SHEETS = (".gpkg", ".geojson", ".csv")


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog=examples(
        "sitedelta review export sites.yaml review.gpkg",
        "sitedelta review import sites.yaml review.gpkg --reviewer 'A. Analyst'",
        "sitedelta review suggest sites.yaml --to 10%",
        "sitedelta review reject sites.yaml 20241213-base-aircraft-0004 --reviewer 'A. Analyst' --note 'a shadow'",
    ),
)
@click.pass_context
def review(context: click.Context) -> None:
    """Decide on findings: accept, reject, re-class, move, add.

    Decisions are kept with name, time and note in review.jsonl in the site's folder, are never rewritten, and find
    their objects again after every run. Reports show reviewed counts beside the machine's.
    """
    help_unless_invoked(context)


def _common(function: F) -> F:
    out = click.option("--out", type=PATH, metavar="DIR", help="Folder of the results, instead of the one configured.")
    return click.argument("config", type=PATH)(site(out(talk(function))))


def _who(function: F) -> F:
    who = click.option("--reviewer", required=True, metavar="NAME", help="Who decides.")
    return who(click.option("--note", default="", metavar="TEXT", help="Why.")(function))


def _share(_: click.Context, __: click.Parameter, value: str) -> float:
    text = value.strip()
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no share; write 10% or 0.1") from error


def _place(_: click.Context, __: click.Parameter, value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        first, second = (float(v) for v in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no place; write two numbers, e.g. 35.9479,35.4009") from error
    return first, second


def _where(function: F) -> F:
    at = click.option("--at", callback=_place, metavar="LON,LAT", help="Where, in degrees.")
    pixel = click.option("--pixel", callback=_place, metavar="ROW,COL", help="Where, in pixels of the site grid.")
    return at(pixel(function))


@review.command(
    "export",
    epilog=examples(
        "sitedelta review export sites.yaml review.gpkg", "sitedelta review export sites.yaml review.csv --chips"
    ),
)
@_common
@click.argument("file", type=PATH)
@click.option("--chips", is_flag=True, help="Put a picture of each finding into a folder beside FILE.")
def export(
    config: Path, file: Path, *, chips: bool, site: str | None, out: Path | None, quiet: bool, as_json: bool
) -> None:
    """Write the findings of a site to FILE for a reviewer.

    FILE is a GeoPackage (for QGIS), GeoJSON or CSV. Fill in `review` (accept, reject, reclass, move, add, unsure;
    complete for a zone that was searched for all there is), `reviewer` and `note`, and import it.
    """
    check_file(file, [config], suffixes=_SHEETS, option="FILE")
    rows = sitedelta.review_export(config, file, chips=chips, site=site, out=out)
    conclude({"file": str(file), "rows": rows}, [f"{file}: {rows} rows to review"], quiet=quiet, as_json=as_json)


@review.command(
    "import",
    epilog=examples(
        "sitedelta review import sites.yaml review.gpkg",
        "sitedelta review import sites.yaml from-the-page.json --reviewer 'A. Analyst'",
    ),
)
@_common
@click.argument("file", type=PATH)
@click.option("--reviewer", metavar="NAME", help="Who decided, for rows that do not say.")
def import_(
    config: Path, file: Path, *, reviewer: str | None, site: str | None, out: Path | None, quiet: bool, as_json: bool
) -> None:
    """Take the decisions in FILE into the site's ledger: all of them, or none.

    FILE is GeoPackage, GeoJSON or CSV, the JSON that a report's page exports, or another ledger (.jsonl). Reports take
    them in with the next `sitedelta report` or `run`.
    """
    done = sitedelta.review_import(config, file, reviewer=reviewer, site=site, out=out)
    _conclude(done, quiet=quiet, as_json=as_json)


@review.command(
    "list",
    epilog=examples("sitedelta review list sites.yaml", "sitedelta review list sites.yaml --json"),
)
@_common
@click.option("--disputed", is_flag=True, help="Only what reviewers disagree on.")
def list_(config: Path, *, disputed: bool, site: str | None, out: Path | None, quiet: bool, as_json: bool) -> None:
    """Say what was decided, and which finding each decision is about now."""
    table = sitedelta.review_list(config, site=site, out=out)
    rows = [r for r in _plain(table) if r["disputed"] or not disputed]
    lines = [_listed(r) for r in rows] or ["nothing is disputed" if disputed else "nothing was decided yet"]
    conclude({"decisions": rows}, lines, quiet=quiet, as_json=as_json)


@review.command(
    "accuracy",
    epilog=examples("sitedelta review accuracy sites.yaml", "sitedelta review accuracy sites.yaml --json"),
)
@_common
def accuracy(config: Path, *, site: str | None, out: Path | None, quiet: bool, as_json: bool) -> None:
    """Say how good the detector is in each image, by what was decided: precision and recall with 90 % intervals."""
    rows = _plain(sitedelta.review_accuracy(config, site=site, out=out))
    lines = [_rated(r) for r in rows] or ["no object was decided on yet"]
    conclude({"images": rows}, lines, quiet=quiet, as_json=as_json)


def _rated(r: dict[str, Any]) -> str:
    rates = (
        f"{name} {r[name]:.2f} ({r[f'{name}_low']:.2f}-{r[f'{name}_high']:.2f}; measured {r[f'measured_{name}']:.2f})"
        for name in ("precision", "recall")
    )
    searched = "searched" if r["searched"] else "not searched"
    looked = f"{r['looked']} of {r['findings']} findings decided, {searched}"
    return f"{r['scene']}, {r['label']}: {', '.join(rates)}; {looked}"


def _plain(table: Any) -> list[dict[str, Any]]:
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [{**r, "date": r["date"].isoformat()} for r in rows]


def _listed(r: dict[str, Any]) -> str:
    gone = {"finding gone": "; these results do not hold it", "image gone": "; its image is no longer part of the site"}
    what = f"{r['finding'] or r['subject']}: {r['label']} in {r['scene']}"
    return f"{what}, {r['standing'] or 'unsure'}{gone.get(r['attached'], '')}"


@review.command(
    "suggest",
    epilog=examples(
        "sitedelta review suggest sites.yaml --to 10%", "sitedelta review suggest sites.yaml --class aircraft"
    ),
)
@_common
@click.option(
    "--to", callback=_share, default="10%", show_default=True, metavar="SHARE", help="Half the interval's width."
)
@click.option("--scene", metavar="ID", help="The image.  [default: the latest that shows the class]")
@click.option("--class", "label", metavar="NAME", help="Only this class.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw.")
def suggest(
    config: Path,
    *,
    to: float,
    scene: str | None,
    label: str | None,
    seed: int,
    site: str | None,
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Say which findings to review so that counts are known to within a share.

    Findings that tell most are drawn most often, from the detector's own scores; the same seed gives the same draw.
    """
    labels = (label,) if label else ()
    found = sitedelta.review_suggest(config, to=to, scene=scene, labels=labels, seed=seed, site=site, out=out)
    lines = [line for s in found for line in _suggested(s, to)]
    conclude({"suggestions": [_summary(s) for s in found]}, lines, quiet=quiet, as_json=as_json)


def _suggested(s: "Suggestion", to: float) -> list[str]:
    what = f"{s.count} {s.label} in {s.scene} (90 % interval {s.low}-{s.high})"
    if not s.chips and not s.search:
        return [f"{what}: known to within {to:.0%} already"]
    looks = f"review these {len(s.chips)} chips" if s.chips else "look at no chip"
    search = ", then search the image for what was missed (sitedelta review complete)" if s.search else ""
    then = f" to bring it to about {s.low_then}-{s.high_then}"
    chips = [f"  {c.id}  {_spot(c)}  score {c.score:.2f}  {c.length_m:.0f} m long" for c in s.chips]
    return [f"{what}: {looks}{search}{then}", *chips]


def _spot(c: Any) -> str:
    return f"row {c.site_row:.1f}, column {c.site_col:.1f}" if c.lon is None else f"{c.lon:.6f},{c.lat:.6f}"


def _summary(s: "Suggestion") -> dict[str, Any]:
    chips = [{k: v for k, v in asdict(c).items() if k != "date"} for c in s.chips]
    return {**asdict(s), "chips": chips}


def _command(name: str, about: str, more: str, *, finding: bool = True) -> Callable[[F], F]:
    """Make a command that takes one decision."""

    def wrap(function: F) -> F:
        wrapped: Any = _who(function)
        if finding:
            wrapped = click.argument("finding", metavar="ID")(wrapped)
        wrapped.__doc__ = about
        line = f"sitedelta review {name} sites.yaml {more} --reviewer 'A. Analyst'"
        review.command(name, epilog=examples(line))(_common(wrapped))
        return function

    return wrap


def _decide(verdict: str, config: Path, *, quiet: bool, as_json: bool, **said: Any) -> None:
    given = {k: v for k, v in said.items() if v not in (None, "")}
    _conclude(sitedelta.review_decide(config, verdict, **given), quiet=quiet, as_json=as_json)


@_command("accept", "Say that a finding is there, and is what it was called.", "20241213-base-aircraft-0004")
def _accept(config: Path, *, finding: str, **said: Any) -> None:
    _decide("accept", config, id=finding, **said)


@_command("reject", "Say that a finding is not there.", "20241213-base-aircraft-0004")
def _reject(config: Path, *, finding: str, **said: Any) -> None:
    _decide("reject", config, id=finding, **said)


@_command("unsure", "Say that it cannot be told, or take a decision of one's own back.", "20241213-base-aircraft-0004")
def _unsure(config: Path, *, finding: str, **said: Any) -> None:
    _decide("unsure", config, id=finding, **said)


@_command("reclass", "Say that a finding is there, of another class.", "20241213-base-aircraft-0004 --to vehicle")
@click.option("--to", "new_class", required=True, metavar="CLASS", help="aircraft, vehicle or other.")
def _reclass(config: Path, *, finding: str, **said: Any) -> None:
    _decide("reclass", config, id=finding, **said)


@_command("move", "Say that a finding lies a little beside.", "20241213-base-aircraft-0004 --at 35.9479,35.4009")
@_where
def _move(config: Path, *, finding: str, at: Any, pixel: Any, **said: Any) -> None:
    lon, lat = at or (None, None)
    row, col = pixel or (None, None)
    _decide("move", config, id=finding, new_lon=lon, new_lat=lat, new_row=row, new_col=col, **said)


@_command(
    "add",
    "Say what the machine missed.",
    "--scene 20241213-base --class aircraft --at 35.9479,35.4009 --length 38",
    finding=False,
)
@_where
@click.option("--scene", required=True, metavar="ID", help="The image.")
@click.option("--class", "label", required=True, metavar="NAME", help="aircraft or vehicle.")
@click.option("--length", "length_m", type=float, metavar="METRES")
@click.option("--width", "width_m", type=float, metavar="METRES")
def _add(config: Path, *, at: Any, pixel: Any, label: str, **said: Any) -> None:
    lon, lat = at or (None, None)
    row, col = pixel or (None, None)
    _decide("add", config, lon=lon, lat=lat, site_row=row, site_col=col, class_=label, **said)


@_command(
    "complete",
    "Say that a zone of an image was searched, and all there is of a class is found or added.",
    "--scene 20241213-base --class aircraft --zone apron",
    finding=False,
)
@click.option("--scene", required=True, metavar="ID", help="The image.")
@click.option("--class", "label", required=True, metavar="NAME", help="aircraft or vehicle.")
@click.option("--zone", default="site", show_default=True, metavar="ID", help="The zone; `site` is the whole area.")
def _complete(config: Path, *, label: str, zone: str, **said: Any) -> None:
    _decide("complete", config, class_=label, zone=zone, **said)


def _conclude(done: "ReviewImport", *, quiet: bool, as_json: bool) -> None:
    kept = "the next `sitedelta report` or `run` takes them in" if done.taken else "nothing new"
    number = f"{done.taken} decision{'' if done.taken == 1 else 's'}"
    lines = [f"{done.site}: {number} taken, {done.known} known already; {kept}"]
    lines += [f"{done.site}: reviewers disagree on {d}" for d in done.disputes]
    lines += [f"{done.site}: kept, but these results do not hold it: {u}" for u in done.unknown]
    conclude(asdict(done), lines, quiet=quiet, as_json=as_json)
