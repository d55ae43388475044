"""Rows of lorries and of tents: what is counted on the rendered sites, against how many stand there."""

import json

import pytest

import sitedelta
from tests.paths import SAMPLES
