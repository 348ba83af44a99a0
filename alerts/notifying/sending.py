"""How one message goes out. Each function raises what went wrong; the caller tries again."""

import hashlib
import hmac
import json
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from techmart.lib.outside import NotTaken, post

TIMEOUT_SECONDS = 10
# What is kept of an error.
LONGEST_REASON: Final = 500
SIGNATURE, TIMESTAMP, DELIVERY = (
    "X-TechMart-Signature",
    "X-TechMart-Timestamp",
    "X-TechMart-Delivery",
)


def send_mail(address: str, payload: dict[str, Any], *, delivery_id: str) -> None:
    """Mail a message; the same id in each try lets a mailbox tell repeats apart."""
    context = {**payload, "origin": settings.WEB_ORIGINS[0]}
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    EmailMessage(
        subject=payload["title"],
        body=render_to_string("alerts/mail.txt", context),
        to=[address],
        headers={"Message-ID": f"<{delivery_id}@{domain}>"},
    ).send()


def post_webhook(
    address: str, payload: dict[str, Any], *, delivery_id: str, secret: str, timestamp: int
) -> None:
    """Post a message as JSON. timestamp: Unix seconds. Raises NotTaken."""
    body = json.dumps({"id": delivery_id, **payload}, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "TechMart",
        DELIVERY: delivery_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: signature(secret, timestamp, body),
    }
    post(
        address,
        body,
        headers,
        timeout_seconds=TIMEOUT_SECONDS,
        private_hosts=settings.WEBHOOK_PRIVATE_HOSTS,
    )


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return what a receiver computes itself: HMAC-SHA256 over "timestamp.body", in hex."""
    signed = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def reason(error: Exception) -> str:
    """Return what went wrong in a sentence; of mail, what our own mail server says."""
    if isinstance(error, NotTaken):
        return str(error)
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]
