"""Counts: what is due, sheets, and one sheet to fill in and approve."""
