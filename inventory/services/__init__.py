"""Writes of the inventory app: the only code that changes stock, products and orders."""
