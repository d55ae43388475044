"""The model card of an adapted detector, and what the command says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sitedelta.learning.adapt.run import Adapted
from sitedelta.learning.adapt.seen import Rates
from sitedelta.learning.adapt.thresholds import AROUND

LIMITS = """
## What was taught
The last layer of the network, which gives the log-odds that an object stands at a place; all before it, and with it
lengths, headings and sub-classes, are as before. It was held near what it was by what it said of rendered places.
Thresholds are as before.

## How it was judged
Sites were held back in turn: each image was judged by a network that saw no image of its site. The network written has
seen every image above, and the figures are those of the ones with sites held back; nothing was chosen by them but
whether to write it. Images without a site in `sites.json` are taken for places of their own: if some show one place,
the figures flatter. Calibration, precision and recall were measured on what was held back.

## Limits
- It knows the sites above better than others; elsewhere the former detector may do better: `sitedelta evaluate` tells.
- What the layers before the last one do not see it cannot learn.
- Its terms are those of the detector that it was taught from, and of the images above.
"""
ANEW = """
## How it was judged
A quarter of the sites was held back from the network that was taught, and the figures are those of their images
alone, each judged by thresholds chosen on the others. Images that were labelled in part were left out.

## Limits
- Nothing is known of ground sampling distances beyond those above, nor of other kinds of places.
- Its terms are those of the images above.
"""


def card(name: str, former: str, taught: Sequence[Adapted], *, anew: bool = False) -> str:
    """Write the model card in Markdown."""
    head = f"A detector taught further on labelled images, from {former}. Classes not named below are as there.\n"
    if anew:
        head = (
            f"A detector taught on labelled images from ImageNet features on; *before* is {former}, to compare with.\n"
        )
    sections = "".join(_section(t) for t in taught)
    return f"# Model card: {name}\n\n{head}{sections}{ANEW if anew else LIMITS}"


def _section(t: Adapted) -> str:
    v = t.verdict
    partly = sum(not s.image.exhaustive for s in t.sheets)
    sites, objects = len({s.image.site for s in t.sheets}), sum(s.objects for s in t.sheets)
    lines = [
        f"\n## {t.entry.label}",
        f"{len(t.sheets)} images of {sites} sites, {objects} objects. {partly} of the images are partly labelled: what",
        f"is not labelled there was not taught as background. {_how(t)}",
        "",
        "| images | objects | before: precision, recall, F1 | after |",
        "|---|---|---|---|",
        *(_row(*i) for i in (*v.images, ("**all, held back**", v.before, v.after))),
        _row("rendered places, not learned from", v.control_before, v.control_after),
        "",
        f"Mistake by mistake: {v.paired.said()}. The p is that of a one-sided sign test: how often as many of the",
        "differences would fall that way if both networks were alike.",
        "",
        f"F1 at one threshold goes by luck on a few images. As the mean over thresholds up to {AROUND[-1]:g} of",
        f"log-odds around it, F1 of all held back was {v.steady_before:.3f} before and is {v.steady_after:.3f} after.",
        "",
        "| up to gsd | threshold | precision | recall | objects that they are worth | from |",
        "|---|---|---|---|---|---|",
        *(
            f"| {b.gsd_max:g} m | {b.threshold:.2f} | {b.precision:.3f} | {b.recall:.3f} | {b.objects} | {b.source} |"
            for b in v.bands
        ),
    ]
    return "\n".join(lines) + "\n"


def _how(t: Adapted) -> str:
    if t.batches:
        return f"{t.batches} batches, with rendered places and objects among them."
    return f"Rendered places were replayed. Sites were held back in {t.parts} parts."


def _row(name: str, before: Rates, after: Rates) -> str:
    return f"| {name} | {before.objects} | {_rates(before)} | {_rates(after)} |"


def _rates(r: Rates) -> str:
    if not r.objects:
        return f"{r.found} false"
    return f"{r.precision:.2f}, {r.recall:.2f}, {r.f1:.3f}"


def summary(out: Path, name: str, sha256: str, taught: Sequence[Adapted], minutes: float) -> dict[str, Any]:
    """Say the same, JSON-ready."""
    return {
        "model": str(out),
        "name": name,
        "sha256": sha256,
        "minutes": round(minutes, 1),
        "classes": {t.entry.label: _said(t) for t in taught},
    }


def _said(t: Adapted) -> dict[str, Any]:
    v = t.verdict
    return {
        "images": len(t.sheets),
        "images_left_out": t.left_out,
        "sites": len({s.image.site for s in t.sheets}),
        "objects": sum(s.objects for s in t.sheets),
        "parts": t.parts,
        "batches": t.batches or None,
        "held_back": {"before": _numbers(v.before), "after": _numbers(v.after)},
        "held_back_f1_around": {"before": round(v.steady_before, 4), "after": round(v.steady_after, 4)},
        "mistakes": {
            "righted": v.paired.righted,
            "new": v.paired.wronged,
            "p_better": round(v.paired.chance_better, 4),
            "p_worse": round(v.paired.chance_worse, 4),
            "said": v.paired.said(),
        },
        "rendered": {"before": _numbers(v.control_before), "after": _numbers(v.control_after)},
        "by_image": [{"image": n, "before": _numbers(b), "after": _numbers(a)} for n, b, a in v.images],
    }


def _numbers(r: Rates) -> dict[str, Any]:
    return {
        "objects": r.objects,
        "found": r.found,
        "precision": round(r.precision, 4),
        "recall": round(r.recall, 4),
        "f1": round(r.f1, 4),
    }
