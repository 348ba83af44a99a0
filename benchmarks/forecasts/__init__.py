"""Forecasts beside those of the field's library, on shops of several kinds."""
