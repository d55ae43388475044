"""What learns weights: those that are shipped, and a user's own. Needs the extra `train` (torch)."""
