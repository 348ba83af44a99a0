"""Django's PostgreSQL backend, which fails at once while its server is away."""
