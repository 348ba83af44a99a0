"""The replay's sign-in to the API: a user of its own that may only add sales."""

from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import transaction

from techmart.core.models import ApiToken, User
from techmart.core.tokens import issue_token, revoke_token

EMAIL = "replay@demo.invalid"
TOKEN_NAME = "Demo replay"  # noqa: S105  a name, not a secret
# Enough for a day that was missed, in bulk, without keeping people waiting.
RATE = "3000/min"


@transaction.atomic
def replay_token(*, now: datetime) -> str:
    """Return a new token for the replay; those of earlier starts end."""
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        user = User.objects.create_user(EMAIL, name="Demo replay")
        user.user_permissions.add(
            Permission.objects.get(
                codename="add_transaction", content_type__app_label="transactions"
            )
        )
    for token in ApiToken.objects.filter(user=user, revoked_at=None):
        revoke_token(token_id=token.pk, now=now)
    return issue_token(user=user, name=TOKEN_NAME, now=now, rate=RATE)
