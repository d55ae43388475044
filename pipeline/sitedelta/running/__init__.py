"""A run of sites: inputs, plan, work, and the record of it."""
