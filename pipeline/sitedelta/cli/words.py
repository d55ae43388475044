"""The summaries of the verbs on images, in sentences."""

from collections.abc import Mapping
from typing import Any

from sitedelta.words.wording import area, counted, interval, many, percent, small_percent

Summary = Mapping[str, Any]


def change_sentences(summary: Summary) -> list[str]:
    """Say how much changed, over how much of the image, and by which method."""
    seen = f"both images show {percent(summary['share_observed'])} of the grid"
    found = "no change found"
    if summary["regions"]:
        share = f"{small_percent(summary['share_changed'])} of what both show"
        found = f"{counted(summary['regions'], 'region')} changed, {area(summary['changed_m2'])}, {share}"
    method = f"method {summary['method']}: {summary['method_reason']}"
    return [f"{found}; {seen}", method, _alignment(summary)]


def compare_sentences(summary: Summary) -> list[str]:
    """Say for each class what arrived, departed and stayed."""
    notes = [f"{i['file']}: {note}" for i in (summary["before"], summary["after"]) for note in i["notes"]]
    return [*(_events(label, c) for label, c in summary["classes"].items()), _alignment(summary), *notes]


def count_sentences(summary: Summary) -> list[str]:
    """Say for each image how many of each class, or why that cannot be said, and whether its scale is in doubt."""
    return [f"{image['image']}: {said}" for image in summary["images"] for said in _image(image)]


def _image(image: Summary) -> list[str]:
    return ["; ".join(_count(label, c) for label, c in image["classes"].items()), *image["notes"]]


def train_sentences(summary: Summary) -> list[str]:
    """Say what a taught detector gained and lost."""
    said = [s for label, c in summary["classes"].items() for s in _taught(label, c)]
    return [*said, f"model: {summary['model']} (SHA-256 {summary['sha256'][:12]}), {summary['minutes']:g} minutes"]


def _taught(label: str, c: Summary) -> list[str]:
    own, rendered = ({k: c[part][k]["f1"] for k in ("before", "after")} for part in ("held_back", "rendered"))
    images = [(i["image"], i["after"]["f1"] - i["before"]["f1"]) for i in c["by_image"] if i["before"]["objects"]]
    better, worse = sum(d > 0 for _, d in images), [f"{n} ({d:+.2f})" for n, d in images if d < 0]
    seen = f"{c['images']} images of {c['sites']} sites ({c['objects']} objects), each held back in turn"
    steady = c["held_back_f1_around"]
    return [
        f"{label}: F1 {own['before']:.3f} before, {own['after']:.3f} after, on {seen}",
        f"{label}: {c['mistakes']['said']}",
        f"{label}: F1 over thresholds around theirs {steady['before']:.3f} before, {steady['after']:.3f} after",
        f"{label}: better on {better} images; worse on {', '.join(worse) or 'none'}",
        f"{label}: on rendered places F1 {rendered['before']:.3f} before, {rendered['after']:.3f} after",
    ]


def register_sentences(summary: Summary) -> list[str]:
    """Say how well the images match."""
    ties = f"{summary['inliers']} of {summary['tie_points']} tie points agree"
    where = f"over {percent(summary['support'])} of the reference"
    return [f"matched ({summary['model']}): median residual {summary['residual_px']:.2f} pixels, {ties}, {where}"]


def _alignment(summary: Summary) -> str:
    return f"alignment: {summary['alignment']['note']}"


def _events(label: str, found: Summary) -> str:
    if found["status"] == "not_observable":
        return f"{many(label)}: not observable ({found['reason']})"
    kinds = ", ".join(f"{found[kind]} {kind.replace('_', ' ')}" for kind in ("arrived", "departed", "stayed"))
    unseen = f", {found['not_observable']} not observable on one date" if found["not_observable"] else ""
    return f"{many(label)}: {kinds}{unseen}"


def _count(label: str, found: Summary) -> str:
    if found["count"] is None:
        return f"{many(label)} not observable ({found['reason']})"
    said = f"{counted(found['count'], label)} ({interval(found['low'], found['high'])})"
    return f"{said}, observed in part: {found['reason']}" if found["reason"] else said
