"""TechMart's settings with the addresses that only benchmarks have."""

from techmart.settings import *  # noqa: F403  everything but the addresses is the application's

ROOT_URLCONF = "benchmarks.urls"
