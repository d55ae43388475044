"""Heading of an object, 0 to 180 degrees clockwise from image up, from the angular spectra around its centre."""

import numpy as np
from numpy.typing import NDArray

from rasterdelta.detect.polar import TOP, Spectra


def long_axis_deg(spectra: Spectra) -> NDArray[np.float64]:
    """Give the direction of the strongest edges: the long sides of a vehicle. Shape (n,)."""
    edges = spectra.groups[3][:2, TOP + 2].sum(axis=0)  # direction order 2, angular order 0
    return np.asarray(np.rad2deg(np.angle(edges)) / 2 % 180)


def mirror_axis_deg(spectra: Spectra) -> NDArray[np.float64]:
    """Give the axis of the best mirror symmetry: the fuselage of an aircraft. Shape (n,)."""
    turn = np.deg2rad(np.arange(0.0, 180.0, 2.0))
    orders = np.arange(1, TOP + 1)
    light = (spectra.groups[0][:, 1:] ** 2).sum(axis=0)
    for group in spectra.groups[2:]:
        light = light + (group[:, TOP + 1 :] * np.conj(group[:, TOP - 1 :: -1])).sum(axis=0)
    symmetry = (np.exp(-2j * np.outer(turn, orders)) @ light).real
    return np.asarray((np.rad2deg(turn[symmetry.argmax(axis=0)]) + 90) % 180)
