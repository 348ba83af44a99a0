"""Demand forecasts for all products in one pass over arrays. Plain values in and out."""
