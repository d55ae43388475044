"""Find and measure objects of known size in one image."""
