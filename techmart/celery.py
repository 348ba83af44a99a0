"""The Celery application. The schedule lives in the database; see `techmart.schedule`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "techmart.settings")

app = Celery("techmart")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_kwargs: Any) -> None:
    """Leave the log as settings.LOGGING set it up."""
