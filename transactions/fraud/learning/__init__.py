"""Learning what fraud looks like from labels: evidence in, models out. NumPy only, no ORM.

XGBoost and SciPy are loaded where the challenger is trained or used, never by the import.
"""
