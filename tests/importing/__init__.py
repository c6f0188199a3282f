"""Bringing data from other systems."""
