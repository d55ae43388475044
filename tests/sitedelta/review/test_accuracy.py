"""What reviewers find out tells how good the detector is at the site: simulated sites whose truth is known."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from sitedelta import review_accuracy, review_decide
from sitedelta.cli import status_of
from sitedelta.report.findings import read_findings
from sitedelta.review.accuracy import accuracies
from sitedelta.review.apply import observations, state_of
from sitedelta.review.decision import Decision, Kind, Look, Said, Size, Spot, Verdict, sealed
from sitedelta.running.manifest import DetectorRecord

NOW = datetime(2025, 1, 5, 12, tzinfo=UTC)
PRECISION, RECALL, WORTH, FOUND = 0.8, 0.85, 40, 60
GRID = [(24 + 40 * (n // 10), 24 + 40 * (n % 10)) for n in range(100)]
"""Row and column of stands, on which the machine finds things and misses others."""


@pytest.fixture
def blank(yard):
    """Give findings without any, of a detector whose rates are measured, and one of its objects and observations."""
    findings = read_findings(yard.site)
    scene = findings.manifest.scenes[0].scene
    rate = DetectorRecord("sim", "aircraft", scene.gsd_m, PRECISION, RECALL, WORTH, "simulated")
    manifest = replace(findings.manifest, detectors=(rate,))
    one = next(o for o in findings.objects if (o.scene, o.label) == (scene.id, "aircraft"))
    told = next(o for o in findings.observations if (o.scene, o.label, o.zone) == (scene.id, "aircraft", "site"))
    return replace(findings, manifest=manifest, objects=(), events=(), changes=()), one, told


def decision(o, verdict, *, found=True, label="aircraft", **more):
    look = Look(o.scene, o.date)
    spot = Spot(o.site_row, o.site_col, 0.5, o.lon, o.lat)
    said = Said(o.id, o.label, o.score) if found else None
    return sealed(
        Decision(
            id="", subject="", kind=Kind.OBJECT, verdict=verdict, reviewer="A", time=NOW, note="", look=look, spot=spot,
            size=Size(o.length_m, o.width_m), machine=said, label=label, **more,
        )
    )  # fmt: skip


def simulated(rng, one):
    """Give a site's findings with their truth, and how many things it holds."""
    scores = rng.beta(8, 2, FOUND)
    odds = np.log(scores / (1 - scores)) + rng.normal(0, 0.6)
    real = rng.random(FOUND) < 1 / (1 + np.exp(-odds))
    recall = rng.beta(RECALL * WORTH + 0.5, (1 - RECALL) * WORTH + 0.5)
    missed = int(rng.negative_binomial(real.sum() + 1, recall))
    objects = tuple(
        replace(
            one, id=f"f{n}", score=float(s), row=float(r), col=float(c), site_row=float(r), site_col=float(c),
            length_m=12.0, width_m=8.0, zones="", lon=None, lat=None, review=None, reviewers=None,
        )
        for n, (s, (r, c)) in enumerate(zip(scores, GRID, strict=False))
    )  # fmt: skip
    return objects, real, missed


def test_reviewed_intervals_hold_the_truth_and_are_narrower(blank):
    """Half of the findings are looked at, the doubtful ones first, at sites that differ as the measured rates allow."""
    empty, one, told = blank
    rng = np.random.default_rng(11)
    held = plain = reviewed = 0
    errors = []
    for _ in range(80):
        objects, real, missed = simulated(rng, one)
        first = np.argsort([o.score for o in objects])[: FOUND // 2]
        said = tuple(decision(objects[n], Verdict.ACCEPT if real[n] else Verdict.REJECT) for n in first)
        findings = replace(empty, objects=objects, observations=(replace(told, count=FOUND),))
        alone = state_of(findings, said[:1])
        both = state_of(findings, said)
        assert len(both.attached.found) == len(said)
        (before,), (after,) = observations(alone), observations(both)
        truth = int(real.sum()) + missed
        held += after.reviewed_low <= truth <= after.reviewed_high
        plain += before.reviewed_high - before.reviewed_low
        reviewed += after.reviewed_high - after.reviewed_low
        rates = next(r for r in accuracies(both) if r.scene == one.scene)
        errors.append((abs(rates.precision - real.mean()), abs(PRECISION - real.mean())))
        assert rates.precision_low <= rates.precision <= rates.precision_high
        assert rates.looked == FOUND // 2
    assert 0.82 <= held / 80 <= 0.99
    assert reviewed < 0.95 * plain
    own, measured = np.mean(errors, axis=0)
    assert own < 0.6 * measured


def test_rates_of_a_reviewed_site_are_told(yard, capsys):
    assert status_of(["review", "accuracy", str(yard.config)]) == 0
    assert "no object was decided on yet" in capsys.readouterr().out
    table = yard.site.objects.query("label == 'aircraft'")
    scene = table["scene"].iloc[0]
    names = list(table[table["scene"] == scene]["id"])
    for name in names[:5]:
        review_decide(yard.config, "reject", reviewer="A", id=name)
    first = review_accuracy(yard.config).set_index(["scene", "label"])
    row = first.loc[scene, "aircraft"]
    assert (row["looked"], row["findings"], row["searched"]) == (5, 20, False)
    assert row["precision"] < row["measured_precision"] - 0.02
    for name in names[5:7]:
        review_decide(yard.config, "accept", reviewer="A", id=name)
    review_decide(yard.config, "complete", reviewer="A", scene=scene, class_="aircraft")
    again = review_accuracy(yard.config).set_index(["scene", "label"]).loc[scene, "aircraft"]
    assert again["recall_high"] - again["recall_low"] < row["recall_high"] - row["recall_low"]
    assert status_of(["review", "accuracy", str(yard.config)]) == 0
    said = capsys.readouterr().out
    assert "7 of 20 findings decided, searched" in said
