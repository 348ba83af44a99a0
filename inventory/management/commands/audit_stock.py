"""Compare stock with its ledger and what is on order with its orders."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from inventory.models import Product
from inventory.services.reconciliation import stock_differences


class Command(BaseCommand):
    """List every difference; exit with 1 when there is one. Changes nothing."""

    help = (
        "Compare each product's stock with the sum and newest balance of its ledger, and what is "
        "on order with its open purchase orders. Lists differences and exits with 1 if there "
        "are any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differences = stock_differences()
        for difference in differences:
            self.stdout.write(str(difference))
        if differences:
            raise CommandError(f"{len(differences)} differences found.")
        self.stdout.write(f"{Product.objects.count()} products agree with their ledger and orders.")
