"""How often changed ground would be told by what changes there all the time."""

from datetime import UTC, datetime, timedelta

from sitedelta.alerts.areas import area_episodes
from sitedelta.alerts.quote import quote_area
from sitedelta.records import ZoneChange, ZoneStatus

FIRST = datetime(2024, 3, 1, 8, tzinfo=UTC)


def change(number: int, area_m2: float) -> ZoneChange:
    """Give one of a row of pairs ten days apart, of a site of 100 000 square metres."""
    before, after = (FIRST + timedelta(days=10 * k) for k in (number, number + 1))
    return ZoneChange(
        "base", "site", f"{before:%m%d}", f"{after:%m%d}", before, after, ZoneStatus.CHANGED, 1.0, area_m2,
        area_m2 / 1e5, 1, 0.0, 0.0, 0.0, "bulk", 0, None, None,
    )  # fmt: skip


def quoted(rule, areas) -> float:
    return quote_area(rule("area", area_m2=5000), [change(k, a) for k, a in enumerate(areas)]).per_month


def test_what_met_the_rule_before_is_part_of_what_the_ground_does(rule):
    quiet = [300.0, 500.0, 200.0, 800.0, 400.0, 300.0, 600.0, 500.0, 400.0, 700.0]
    snowy = [*quiet[:5], 9000.0, 8000.0, *quiet[5:]]
    assert len(area_episodes(rule("area", area_m2=5000), [change(k, a) for k, a in enumerate(snowy)])) == 1
    assert quoted(rule, snowy) > 10 * quoted(rule, quiet)


def test_few_pairs_are_not_enough(rule):
    quote = quote_area(rule("area", area_m2=5000), [change(k, 300.0) for k in range(5)])
    assert quote.per_month is None
    assert quote.basis == "it takes 6 pairs of images, or control pairs; there are 5"
