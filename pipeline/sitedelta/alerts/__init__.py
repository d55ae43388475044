"""Alerts: rules on counts and changed ground, each alert said once, with how often it would be false."""
