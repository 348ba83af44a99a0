"""For how long suggestions and alerts about stock may rest, as pages offer it."""

# Days and their words.
SNOOZES = (("1", "1 day"), ("3", "3 days"), ("7", "1 week"), ("14", "2 weeks"), ("30", "30 days"))
