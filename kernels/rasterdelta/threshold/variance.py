"""Two classes of largest variance between them: Otsu on a histogram, k-means exactly."""

import numpy as np
from numpy.typing import ArrayLike

from rasterdelta.threshold.values import differing, histogram


def otsu(values: ArrayLike, *, bins: int = 256) -> float:
    """Split values in two classes of largest variance between them.

    Parameters
    ----------
    values
        Any shape; what is not finite is left out.
    bins
        Bins of the histogram between the smallest and the largest value.

    Returns
    -------
    float
        Centre of the last bin of the lower class.

    Raises
    ------
    NotEnoughData
        Where no two values differ.

    References
    ----------
    Otsu (1979), A threshold selection method from gray-level histograms, doi 10.1109/TSMC.1979.4310076.
    """
    count, centre = histogram(values, bins)
    low, high = np.cumsum(count), np.cumsum(count[::-1])[::-1]
    low_mean = np.cumsum(count * centre) / low
    high_mean = np.cumsum((count * centre)[::-1])[::-1] / high
    between = low[:-1] * high[1:] * (low_mean[:-1] - high_mean[1:]) ** 2
    return float(centre[np.argmax(between)])


def kmeans(values: ArrayLike) -> float:
    """Split values in two clusters with the smallest sum of squares within them.

    In one dimension the clusters are runs of the sorted values, so every split is tried: the result is the global
    optimum and depends on no start. It is Otsu's split without a histogram, which matters where a few large
    values stretch the bins.

    Parameters
    ----------
    values
        Any shape; what is not finite is left out.

    Returns
    -------
    float
        Half way between the two cluster means: values above it belong to the upper cluster.

    Raises
    ------
    NotEnoughData
        Where no two values differ.

    References
    ----------
    Lloyd (1982), Least squares quantization in PCM, doi 10.1109/TIT.1982.1056489.
    Wang and Song (2011), Ckmeans.1d.dp: optimal k-means clustering in one dimension, doi 10.32614/RJ-2011-015.
    """
    ordered = np.sort(differing(values))
    scale = float(np.abs(ordered[[0, -1]]).max())  # squares of the largest floats would overflow
    ordered /= scale
    below = np.arange(1, ordered.size)
    total = np.cumsum(ordered - ordered.mean())[:-1]
    # total is the sum below a split less its share of the whole, so this is the variance between the clusters
    cut = int(np.argmax(total**2 / (below * (ordered.size - below)))) + 1
    return float(ordered[:cut].mean() / 2 + ordered[cut:].mean() / 2) * scale
