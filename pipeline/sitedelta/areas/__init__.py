"""Named areas of a site: zones, and the cells that they cover."""
