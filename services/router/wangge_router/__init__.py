"""Whose turn is it?."""
