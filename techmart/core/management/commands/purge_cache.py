"""Throw values out of the cache by pattern."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from techmart.lib.cache.backend import default_backend


class Command(BaseCommand):
    """Remove all cached values whose key matches a pattern.

    An operator's tool for a value that is wrong: the application itself invalidates by tag.
    """

    help = (
        "Removes cached values whose key matches a pattern, as 'dashboard:*' or 'metrics:*'. "
        "Rendered pieces of pages are 'fragment:PAGE:*'. Walks all keys: slow on a large cache."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the pattern."""
        parser.add_argument("pattern", help="glob pattern: * any text, ? one character, [ab] a set")

    def handle(self, *args: Any, pattern: str, **options: Any) -> None:
        """Remove and say how many. Raises CommandError when the cache server is away."""
        try:
            removed = default_backend().delete_pattern(pattern)
        except (RedisError, OSError) as error:
            raise CommandError(f"The cache server does not answer: {error}") from error
        self.stdout.write(f"Removed {removed} cached values.")
