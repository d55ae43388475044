"""Many sites: each from its images to its report, one after the other or side by side."""

from sitedelta.fleet.spread import run_sites
from sitedelta.fleet.work import RunResult, SiteWork, publish

__all__ = ["RunResult", "SiteWork", "publish", "run_sites"]
