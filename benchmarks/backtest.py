"""One rule tried on a year of sales: `python -m benchmarks.backtest [SALES]`, 1,500,000 by default.

A server and a database of its own; what is measured is the worker's task, from queued to done.
"""

import sys
from datetime import timedelta

import django
from django.core.management import call_command

from benchmarks.measuring import seconds_of
from benchmarks.servers import bench_servers

DAYS = 365
LIMIT_SECONDS = 60.0
# As scoring stores them: one sale in three has a signal that speaks.
_REASONS = """CASE WHEN s.i %% 3 <> 0 THEN '[]'::jsonb ELSE jsonb_build_array(
    jsonb_build_object('code', 'base', 'label', 'Any sale', 'fact', 'what a sale starts from',
        'value', 1, 'contribution', -4.8, 'score_without', 0.5),
    jsonb_build_object('code', 'F1', 'label', 'Amount against own history',
        'fact', 'three times the usual amount', 'value', pg_temp.share(s.i, 31),
        'contribution', 1.5, 'score_without', 0.01)) END"""
# Indexes that no backtest reads are left out: they would be most of the time to fill.
_DROP_INDEXES = """
DO $$ DECLARE found text; BEGIN
    FOR found IN SELECT indexname FROM pg_indexes
        WHERE tablename = 'transactions' AND indexname ~ '^idx_' AND indexname <> 'idx_tx_timestamp'
    LOOP EXECUTE format('DROP INDEX %I', found); END LOOP;
END $$
"""
# One order in thirty has a label, a week late; one of ten of them is fraud.
_LABELS = """
INSERT INTO fraud_labels (order_ref, is_fraud, source, known_at, recorded_at)
SELECT order_ref, mod(min(id), 100) = 0, 'analyst', min(timestamp) + interval '7 days',
    min(timestamp) + interval '7 days'
FROM transactions WHERE id % 10 = 0 GROUP BY order_ref
"""


def main(sales: int) -> None:
    """Fill, try one rule beside two live ones, and print how long it took."""
    with bench_servers():
        _measure(sales)


def _measure(sales: int) -> None:
    django.setup()
    from django.utils import timezone

    from techmart.core.models import User
    from transactions.models import FraudRule, RuleBacktest
    from transactions.services import rules
    from transactions.services.rules.stamps import renew_stamp

    now = timezone.now()
    filled = seconds_of(lambda: _fill(sales))
    print(f"Filled {sales:,} sales in {filled:.0f} s.", flush=True)
    analyst = User.objects.create_user("analyst@example.test")
    rules.create_list(
        key="watch", name="Watch", kind="country", reason="", actor=analyst,
        now=now - timedelta(days=200),
    )  # fmt: skip
    rules.add_values(
        key="watch", values=["CA"], expires_at=None, reason="", actor=analyst,
        now=now - timedelta(days=199),
    )  # fmt: skip

    def make(name: str, *conditions: tuple[str, str, object]) -> FraudRule:
        expression = {
            "all": [{"field": f, "operator": o, "value": value} for f, o, value in conditions]
        }
        return rules.create_rule(
            name=name,
            action="review",
            reason="Trial",
            expression=expression,
            actor=analyst,
            now=now,
        )

    for name, condition in (
        ("Many", ("quantity", "at_least", 4)),
        ("Watched", ("ship_country", "in_list", "watch")),
    ):
        live = make(name, condition)
        FraudRule.objects.filter(pk=live.pk).update(state="active", live=live.versions.get())
    renew_stamp()
    tried = make(
        "Tried",
        ("amount", "at_least", 100),
        ("signal.F1", "at_least", 0.5),
        ("ship_country", "in_list", "watch"),
        ("category", "is_not", "Category 1"),
    )
    backtest = rules.request_backtest(
        rule_id=tried.pk, number=1, actor=analyst, now=now, since=now.date() - timedelta(days=DAYS)
    )
    seconds = seconds_of(lambda: rules.run_backtest(backtest_id=backtest.pk, now=now))
    backtest = RuleBacktest.objects.get(pk=backtest.pk)
    result = backtest.result
    mark = "met" if seconds < LIMIT_SECONDS else "NOT MET"
    print(
        f"Backtest of {result['sales']:,} sales beside {len(result['overlap'])} live rules: "
        f"{seconds:.1f} s (target < {LIMIT_SECONDS:.0f} s) {mark}; {result['cases']:,} cases, "
        f"{result['labelled']:,} labelled."
    )


def _fill(sales: int) -> None:
    """Migrate, and write sales, their reasons and labels by SQL; no rollups, which nobody reads."""
    from django.db import connection, transaction
    from django.utils import timezone

    from benchmarks.synthetic import (
        CREATE_PICK,
        CUSTOMERS,
        PRODUCTS,
        SUPPLIERS,
        TRANSACTIONS,
        ShopSize,
    )

    call_command("migrate", verbosity=0, interactive=False)
    size = ShopSize(
        days=DAYS, lines_per_day=-(-sales // DAYS), products=5000, customers=20_000, suppliers=100
    )
    # The last sale is of yesterday: only days that ended are tried.
    values = size.parameters(now=timezone.now() - timedelta(days=1))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off; SET LOCAL work_mem = '256MB'")
        cursor.execute(CREATE_PICK)
        cursor.execute("ALTER TABLE transactions DISABLE TRIGGER USER")
        cursor.execute(_DROP_INDEXES)
        for statement in (SUPPLIERS, PRODUCTS, CUSTOMERS, TRANSACTIONS.replace("'[]'", _REASONS)):
            cursor.execute(statement, values)
        cursor.execute(_LABELS)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE transactions ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE transactions")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_500_000)
