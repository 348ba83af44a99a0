"""Products, suppliers and the ledger over the API."""
