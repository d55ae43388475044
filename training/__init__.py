"""What learns the weights that are shipped."""
