"""Sales and customers over the API."""
