"""Thresholds on a change statistic: one idea a file."""

from rasterdelta.threshold.minimum_error import kittler_illingworth
from rasterdelta.threshold.rates import BULK, MAD_TO_SIGMA, bulk_threshold, chi2_threshold, chi_threshold
from rasterdelta.threshold.variance import kmeans, otsu

__all__ = [
    "BULK",
    "MAD_TO_SIGMA",
    "bulk_threshold",
    "chi2_threshold",
    "chi_threshold",
    "kittler_illingworth",
    "kmeans",
    "otsu",
]
