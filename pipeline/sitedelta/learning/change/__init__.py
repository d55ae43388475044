"""Learns the siamese change network from image pairs without change labels."""
