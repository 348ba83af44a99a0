"""TechMart: retail operations, from sale to decision."""

# Imported here so that `delay` in any process finds the configured broker.
from techmart.celery import app as celery_app

__all__ = ["celery_app"]
