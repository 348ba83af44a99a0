"""Addresses of the sockets."""

from typing import Any

from django.urls import path, re_path

from alerts.consumers import LiveConsumer, UnknownPathConsumer

# Django's types know views alone; channels routes its applications with the same functions.
_live: Any = LiveConsumer.as_asgi()
_unknown: Any = UnknownPathConsumer.as_asgi()

websocket_urlpatterns: list[Any] = [path("ws/live/", _live), re_path("", _unknown)]
