"""Suppliers: the list, and one with its scorecard, orders and products."""
