"""What a report shows of alerts."""

from datetime import UTC, datetime

from sitedelta.alerts.entry import Entry
from sitedelta.alerts.raising import RuleState
from sitedelta.alerts.shown import AlertsShown

RULE = RuleState("r", "Many", "site", "aircraft", False, None, "", None)


def line(kind, alert, month):
    when = datetime(2024, month, 1, tzinfo=UTC)
    about = {"site": "a", "rule": "r", "alert": alert, "name": "Many", "zone": "site", "label": "aircraft"}
    told = {"direction": "", "after": when, "begin": when, "end": None, "scene": "s", "text": "", "late": False}
    number = dict.fromkeys(("number", "low", "high", "per_month"))
    return Entry(when, kind, **about, **told, **number, false_alarms="")


def shown(*lines):
    return AlertsShown((RULE,), tuple(reversed(lines)), 0, {}, ()).summary


def test_the_last_alert_is_one_that_stands():
    told = [line("fired", "x", 3), line("fired", "y", 5)]
    assert shown(*told) == "0 of 1 rules met, last alert 1 May 2024"
    assert shown(*told, line("withdrawn", "y", 5)) == "0 of 1 rules met, last alert 1 March 2024"
    assert shown(*told, line("withdrawn", "y", 5), line("restored", "y", 5)).endswith("1 May 2024")
    assert shown(line("fired", "x", 3), line("merged", "x", 3)) == "0 of 1 rules met"
