"""Keys of programs to the API: made once, kept as a digest, revoked rather than removed."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from techmart.core.models import ApiToken, User

# Marks a token in logs and secret scanners.
PREFIX = "tm_"
# Writing "last used" on each call would make every read a write.
USE_NOTED_EVERY = timedelta(minutes=1)


def digest_of(token: str) -> str:
    """Return what is kept of a token: 64 hex digits of SHA-256.

    A token has 256 random bits, so a plain digest cannot be searched; no slow hash is needed.
    """
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def issue_token(*, user: User, name: str, now: datetime, rate: str = "") -> str:
    """Make a token for a program and return it; it cannot be read again.

    rate: requests such as "6000/min"; empty for the rate of every caller.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, name=name, digest=digest_of(token), rate=rate, created_at=now
    )
    return token


@transaction.atomic
def revoke_token(*, token_id: int, now: datetime) -> None:
    """End a token. Ending it twice changes nothing."""
    ApiToken.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=now)


def find_token(token: str) -> ApiToken | None:
    """Return the live token of an active user, or None."""
    return (
        ApiToken.objects.filter(digest=digest_of(token), revoked_at=None, user__is_active=True)
        .select_related("user")
        .first()
    )


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember when a token was last used, to the minute."""
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
