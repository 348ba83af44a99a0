"""Rollups: sums by hour, day, product, category and customer that follow every change exactly.

Triggers note which buckets a change touches; `fold` recomputes these from base rows and carries
the differences into the totals above. Cost follows change, never history.
"""

from analytics.rollups.folding import FoldResult, fold, slide_windows

__all__ = ["FoldResult", "fold", "slide_windows"]
