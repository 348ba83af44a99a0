"""Alerts and their event stream over the API."""
