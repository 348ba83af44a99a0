"""Figures of sales over a window, read from where they cost least."""
