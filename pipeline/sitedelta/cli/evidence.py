"""Commands on evidence: verify, bundle, sign."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import sitedelta
from sitedelta.cli.checks import check_file
from sitedelta.cli.options import PATH, examples, jobs, out_file, talk
from sitedelta.cli.output import conclude
from sitedelta.progress import reporter

if TYPE_CHECKING:
    from sitedelta.evidence.verdict import SiteVerdict, Verdict

_DIFFERS = 1
"""Exit status."""


@click.command(
    epilog=examples(
        "sitedelta verify out/hmeimim",
        "sitedelta verify out --originals /media/archive --replay",
        "sitedelta verify hmeimim.zip --signer desk.pub",
    )
)
@click.argument("path", metavar="DIR|ZIP", type=PATH)
@click.option("--originals", type=PATH, metavar="DIR", help="Folder in which the originals are now.")
@click.option("--without-originals", is_flag=True, help="Check all but the originals.")
@click.option("--replay", is_flag=True, help="Recompute everything from the originals and compare.")
@click.option("--signer", type=PATH, metavar="FILE", help="Public key by which the evidence has to be signed.")
@jobs
@talk
def verify(
    path: Path,
    *,
    originals: Path | None,
    without_originals: bool,
    replay: bool,
    signer: Path | None,
    jobs: int | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Check results against their evidence, offline.

    DIR is the folder of a site or the output folder of a run; ZIP is what `bundle` wrote. Compares originals, rasters,
    tables, reviews, report and signature with what evidence.json says of them, and that with what the tables say. Names
    what differs. Exit status: 0 where nothing differs, 1 where something does, 2 where there is nothing to check.
    """
    with reporter(quiet=quiet) as progress:
        found = sitedelta.verify(
            path,
            originals=originals,
            without_originals=without_originals,
            replay=replay,
            signer=signer,
            jobs=jobs or 0,
            progress=progress,
        )
    conclude(_summary(found), map(printable, _told(found)), quiet=quiet, as_json=as_json)
    if quiet and not as_json:
        for line in (line for site in found for line in _differences(site)):
            click.echo(printable(line), err=True)
    return 0 if found.whole else _DIFFERS


@click.command(
    epilog=examples(
        "sitedelta bundle out/hmeimim --out hmeimim.zip",
        "sitedelta bundle out --out all.zip --rasters --originals",
    )
)
@click.argument("path", metavar="DIR", type=PATH)
@out_file("FILE.zip")
@click.option("--originals", is_flag=True, help="Pack the originals too; licences often forbid passing them on.")
@click.option("--rasters", is_flag=True, help="Pack the aligned images and the change maps too.")
@talk
def bundle(path: Path, *, out: Path, originals: bool, rasters: bool, quiet: bool, as_json: bool) -> None:
    """Pack report, tables and evidence in one file.

    DIR is the folder of a site or the output folder of a run. The file holds a page that says how to verify it; the
    same results give the same file. Nothing is packed that is not as the evidence says.
    """
    check_file(out, [], suffixes=(".zip",))
    done = sitedelta.bundle(path, out, originals=originals, rasters=rasters)
    told = [f"{done.path}: {', '.join(done.sites)}; {done.files} files, {done.bytes:,} bytes, sha256 {done.sha256}"]
    if done.left_out:
        told.append(f"left out: {len(done.left_out)} rasters (pack them with --rasters)")
    if not originals:
        told.append("left out: the originals (pack them with --originals, where their licences allow it)")
    conclude(asdict(done) | {"path": str(done.path)}, told, quiet=quiet, as_json=as_json)


@click.command(
    epilog=examples(
        "openssl genpkey -algorithm ed25519 -out desk.pem",
        "sitedelta sign out/hmeimim --key desk.pem",
        "SITEDELTA_SIGNING_KEY=~/.ssh/id_ed25519 sitedelta sign out",
    )
)
@click.argument("path", metavar="DIR", type=PATH)
@click.option(
    "--key", type=PATH, metavar="FILE", help="Private Ed25519 key (PEM or OpenSSH).  [default: $SITEDELTA_SIGNING_KEY]"
)
@talk
def sign(path: Path, *, key: Path | None, quiet: bool, as_json: bool) -> None:
    """Sign the evidence of a site, or of all sites of a run.

    Writes evidence.sig and the public key evidence.pub beside evidence.json. The private key is neither kept nor
    logged; its passphrase is read from SITEDELTA_SIGNING_PASSPHRASE. Nothing is signed that is not as the evidence
    says.
    """
    done = sitedelta.sign(path, key=key)
    told = [f"{s.site}: signed with the key {s.key}, {s.signature}" for s in done]
    summary = {"sites": [asdict(s) | {"signature": str(s.signature)} for s in done]}
    conclude(summary, told, quiet=quiet, as_json=as_json)


def printable(line: str) -> str:
    """Give a line without characters that would steer a terminal: names come from files that nobody vouches for."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def _told(found: "Verdict") -> Iterator[str]:
    for site in found:
        compared = f"{site.files} files and {site.originals} originals compared"
        told = "whole" if site.whole else f"{len(site.differences)} difference(s)"
        yield f"{site.site}: {told}; {compared}"
        yield from _differences(site)
        yield from (f"{site.site}: {note}" for note in site.notes)
        if site.digest:
            yield f"{site.site}: sha256 of evidence.json {site.digest}"


def _differences(site: "SiteVerdict") -> Iterator[str]:
    for d in site.differences:
        rests = f" (rests on it: {d.feeds})" if d.feeds else ""
        yield f"{site.site}: DIFFERS {d.file}: {d.said}{rests}"


def _summary(found: "Verdict") -> dict[str, Any]:
    return {"whole": found.whole, "sites": [asdict(s) | {"whole": s.whole} for s in found]}
