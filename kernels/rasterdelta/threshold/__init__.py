"""Thresholds on a change statistic: one idea a file."""

from rasterdelta.threshold.automatic import Threshold, automatic
from rasterdelta.threshold.connected import hysteresis
from rasterdelta.threshold.minimum_error import generalised_kittler_illingworth, kittler_illingworth
from rasterdelta.threshold.rates import BULK, MAD_TO_SIGMA, bulk_threshold, chi2_survival, chi2_threshold, chi_threshold
from rasterdelta.threshold.variance import kmeans, otsu

__all__ = [
    "BULK",
    "MAD_TO_SIGMA",
    "Threshold",
    "automatic",
    "bulk_threshold",
    "chi2_survival",
    "chi2_threshold",
    "chi_threshold",
    "generalised_kittler_illingworth",
    "hysteresis",
    "kittler_illingworth",
    "kmeans",
    "otsu",
]
