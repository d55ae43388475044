"""The parts of a site's static STAC catalogue: where things lie, the files, the items and the collection."""
