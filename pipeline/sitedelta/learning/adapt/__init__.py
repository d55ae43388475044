"""A model taught a little more on a few labelled images, with what it knew before replayed."""
