"""The stamp that tells every process whether the rules it holds are still those that run."""

from django.db import connection

# The first change makes the row. Its lock, held to the end of the transaction, lets changes of
# rules follow one another, so that what one of them judged by still stands when it commits.
_RENEW = """
INSERT INTO rule_stamps (id, stamp) VALUES (1, gen_random_uuid())
ON CONFLICT (id) DO UPDATE SET stamp = EXCLUDED.stamp
"""


def renew_stamp() -> None:
    """Let every process read the rules anew; waits for other changes of rules to end."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW)
