"""The ASGI entry of the live process: sockets alone; pages and API are served by WSGI."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "techmart.settings")
# Loads the apps, which the consumers need. Its pages are not served here.
get_asgi_application()

from alerts.routing import websocket_urlpatterns  # noqa: E402

Message = dict[str, Any]


async def answer_http(
    scope: Message,
    _receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer 200 at /healthz, so that the process can be watched, and 404 elsewhere."""
    lives = scope["path"] == "/healthz"
    headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200 if lives else 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n" if lives else b"not here\n"})


application = ProtocolTypeRouter(
    {
        "http": answer_http,
        # The origin first: a foreign page is turned away before its cookie is looked at.
        "websocket": OriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns)), settings.WEB_ORIGINS
        ),
    }
)
