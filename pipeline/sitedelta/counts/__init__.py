"""Objects: what may be claimed, found, observed in zones, and followed over dates."""
