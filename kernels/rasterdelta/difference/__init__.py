"""Change statistics between two registered images: one algorithm a file."""
