"""The dashboard: one page of figures, each with the rows behind it."""
