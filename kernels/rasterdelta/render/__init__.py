"""Seeded rendering of small, believable satellite image tiles with exact truth."""
