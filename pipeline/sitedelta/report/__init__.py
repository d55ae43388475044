"""The report of a site: a page, map files, tables, figures and evidence."""

from sitedelta.report.build import build

__all__ = ["build"]
