"""What planners do about a product's forecast, on its page."""
