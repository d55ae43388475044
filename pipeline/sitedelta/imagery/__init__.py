"""Images of a place: found, dated, read, and what hides the ground in them."""
