"""How far the counts can be trusted: what is counted in labelled images, set beside the labels."""
