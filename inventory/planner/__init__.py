"""Predictions, classes and suggestions of the whole range, set-based: database in and out."""

from inventory.planner.alert_review import review_range_alerts
from inventory.planner.classes import assign_product_classes
from inventory.planner.predictions import update_inventory_predictions
from inventory.planner.runouts import review_runouts
from inventory.planner.runs import RunRefused, Scope, request_run
from inventory.planner.suggestions import generate_reorder_suggestions, update_reorder_points

__all__ = [
    "RunRefused",
    "Scope",
    "assign_product_classes",
    "generate_reorder_suggestions",
    "request_run",
    "review_range_alerts",
    "review_runouts",
    "update_inventory_predictions",
    "update_reorder_points",
]
