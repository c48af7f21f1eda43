"""Servers under load, from end to end."""
