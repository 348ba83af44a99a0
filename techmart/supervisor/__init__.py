"""`make demo`: every process of the application on one machine, started, watched and stopped."""
