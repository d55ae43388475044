"""What changed between two dates, tile by tile and merged."""
