"""Start-up of the shell around the apps."""

from django.apps import AppConfig
from django.conf import settings


class TechmartConfig(AppConfig):
    """Registers system checks and, when a DSN is set, error reports."""

    name = "techmart"
    label = "techmart"

    def ready(self) -> None:
        from techmart import checks  # noqa: F401  registers on import

        if settings.SENTRY_DSN:
            import sentry_sdk

            # What is sent names no card, address or e-mail: neither variables nor bodies.
            sentry_sdk.init(
                dsn=settings.SENTRY_DSN,
                send_default_pii=False,
                include_local_variables=False,
                max_request_body_size="never",
            )
