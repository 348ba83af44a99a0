"""How one message goes out. Each function raises what went wrong; the caller tries again."""

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

TIMEOUT_SECONDS = 10
SIGNATURE, TIMESTAMP, DELIVERY = (
    "X-TechMart-Signature",
    "X-TechMart-Timestamp",
    "X-TechMart-Delivery",
)


class NotAccepted(RuntimeError):
    """The receiver answered something else than 2xx."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow none: the address was signed for, and another might be inside the house."""


_opener = urllib.request.build_opener(_NoRedirects)


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
    """Post a message as JSON. timestamp: Unix seconds. Raises NotAccepted, OSError, ValueError."""
    if urlsplit(address).scheme not in {"http", "https"}:
        raise ValueError(f"{address} is no web address.")
    body = json.dumps({"id": delivery_id, **payload}, sort_keys=True).encode()
    request = urllib.request.Request(  # noqa: S310  the scheme was looked at
        address,
        data=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "TechMart",
            DELIVERY: delivery_id,
            TIMESTAMP: str(timestamp),
            SIGNATURE: signature(secret, timestamp, body),
        },
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS):
            pass
    except urllib.error.HTTPError as error:
        raise NotAccepted(f"The receiver answered {error.code}.") from error


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return what a receiver computes itself: HMAC-SHA256 over "timestamp.body", in hex."""
    signed = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
