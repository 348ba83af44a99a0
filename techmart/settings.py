"""Settings of every process, read from the environment.

`docs/operations/settings.md` lists the variables. A secret has no default outside DEBUG.
"""

import sys
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from techmart import env
from techmart.embedded.folders import data_folder

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What kind of process this is -----------------------------------------------------------

DEBUG = env.flag("DEBUG")
# Prefork workers, beat and commands hold one connection each; a pool does not survive a fork.
USE_POOL = env.flag("DATABASE_POOL")

# --- Secrets and addresses ------------------------------------------------------------------

SECRET_KEY = env.text("SECRET_KEY", "only-for-debug-and-tests" * 3 if DEBUG else None)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Keys the hashes of cards and addresses; another key makes strangers of all that went before.
PSEUDONYM_KEY = env.text("PSEUDONYM_KEY", SECRET_KEY)
PORT = env.whole("PORT", 8000, minimum=1)
LIVE_PORT = env.whole("LIVE_PORT", PORT + 1, minimum=1)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
# Full origins with scheme and port: a bare host name would let any port of it in.
WEB_ORIGINS = env.words("WEB_ORIGINS", [f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"])
CSRF_TRUSTED_ORIGINS = WEB_ORIGINS
# Where the browser finds /ws/live/: empty means the page's own origin (behind Nginx).
LIVE_SAME_ORIGIN = env.flag("LIVE_SAME_ORIGIN")
HTTPS = env.flag("HTTPS")

# --- Shop -----------------------------------------------------------------------------------

TIME_ZONE = env.text("SHOP_TIME_ZONE", "America/New_York")
SHOP_CURRENCY = env.text("SHOP_CURRENCY", "USD")
USE_TZ = True
LANGUAGE_CODE = "en-us"
USE_I18N = False

# --- Applications ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "techmart.core",
    "alerts",
    "inventory",
    "transactions",
    "analytics",
    "techmart.apps.TechmartConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "axes",
    "channels",
    "django_htmx",
    "django_celery_beat",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "techmart.middleware.RequestIdMiddleware",
    "techmart.health.requests.RequestMetricsMiddleware",
    "techmart.middleware.DatabaseUnavailableMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "techmart.policies.PolicyByPathMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "techmart.urls"
WSGI_APPLICATION = "techmart.wsgi.application"
ASGI_APPLICATION = "techmart.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "techmart.core.context_processors.shell",
                "alerts.context_processors.bell",
                "transactions.context_processors.queue",
            ],
        },
    },
]

# --- Database -------------------------------------------------------------------------------


def _database(url: str) -> dict[str, Any]:
    """Turn a libpq address into Django's setting."""
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items() if value}
    except ProgrammingError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read; use postgresql://user:password@host:port/name."
        ) from error
    options: dict[str, Any] = {
        # Short queries over narrow indexes: compiling them costs more than it saves.
        "options": "-c jit=off",
        "connect_timeout": env.whole("DATABASE_CONNECT_TIMEOUT", 5, minimum=1),
    }
    if USE_POOL:
        options["pool"] = {
            "min_size": 2,
            "max_size": DATABASE_POOL_SIZE,
            # There are more connections than threads: only a server that is away lets one wait.
            "timeout": 2,
            "max_idle": 120,
            "max_lifetime": 1800,
            # Attempts come at 0, 1 and 3 s and then anew with the next request: later ones
            # would keep the pool from noticing that the server is back.
            "reconnect_timeout": 4,
        }
    known = {"dbname", "user", "password", "host", "port"}
    options.update({key: value for key, value in parts.items() if key not in known})
    return {
        "ENGINE": "techmart.lib.guarded_postgres",
        "NAME": parts.get("dbname", "techmart"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        # The pool keeps connections; without it each request or task opens its own.
        "CONN_MAX_AGE": 0 if USE_POOL else env.whole("DATABASE_CONN_MAX_AGE", 0),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        "TEST": {"NAME": env.text("TEST_DATABASE_NAME", "test_techmart")},
    }


# One web process; see `techmart.checks` for the sum over all processes.
DATABASE_POOL_SIZE = env.whole("DATABASE_POOL_SIZE", 8, minimum=1)
WEB_PROCESSES = env.whole("WEB_PROCESSES", 1, minimum=1)
DATABASES = {"default": _database(env.text("DATABASE_URL", "postgresql:///techmart"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache, sessions ------------------------------------------------------------------------

CACHE_URL = env.text("CACHE_URL", "redis://127.0.0.1:6379")
CACHES = {
    "default": {
        "BACKEND": "techmart.lib.cache.backend.ResilientCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": env.text("CACHE_PREFIX", "techmart"),
        "TIMEOUT": 300,
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": 0.2,
            "SOCKET_TIMEOUT": 0.2,
            "CONNECTION_POOL_KWARGS": {"max_connections": 64},
        },
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
# Cookies ignore the port, so the name carries it: two copies do not sign each other out.
SESSION_COOKIE_NAME = f"techmart_session_{PORT}"
CSRF_COOKIE_NAME = f"techmart_csrf_{PORT}"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600

# --- Sign-in --------------------------------------------------------------------------------

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"
AXES_VERBOSE = False

# --- Browser security -----------------------------------------------------------------------

SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
_live_sources = (
    []
    if LIVE_SAME_ORIGIN
    # 127.0.0.1 and localhost are different hosts to a browser: name both.
    else [f"ws://127.0.0.1:{LIVE_PORT}", f"ws://localhost:{LIVE_PORT}"]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, *_live_sources],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"

# --- Static files, mail ---------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    # css/app.css and js/app.js, put together from one file a subject.
    "techmart.core.bundles.BundleFinder",
]
WHITENOISE_USE_FINDERS = DEBUG
_manifest = "techmart.lib.static_storage.CollectedStaticFilesStorage"
_plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _plain if DEBUG else _manifest},
}
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole("EMAIL_PORT", 25)
# A mail server that does not answer must not hold up a page or a worker for good.
EMAIL_TIMEOUT = env.whole("EMAIL_TIMEOUT", 10, minimum=1)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "TechMart <techmart@localhost>")

# Files that people asked for; web and workers share it.
EXPORT_FOLDER = env.text("EXPORT_FOLDER", str(data_folder() / "exports"))
# The longest list that is written while a person waits, in rows of CSV.
EXPORT_ROWS_AT_ONCE = env.whole("EXPORT_ROWS_AT_ONCE", 50_000)

# --- Jobs -----------------------------------------------------------------------------------

BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6380")
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task, or it would be handed out twice; both restore settings are
    # needed for a lost worker's task to come back soon after.
    "visibility_timeout": 900,
    "health_check_interval": 10,
    "socket_keepalive": True,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    # Sending a job while the broker is away fails at once, and not after 6 seconds.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "socket_connect_timeout": 1,
}
CELERY_TASK_TIME_LIMIT = 840
CELERY_TASK_SOFT_TIME_LIMIT = 780
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
# Where a job goes when its sender does not say; a task's own `queue` is deprecated.
CELERY_TASK_ROUTES = {
    "alerts.*": {"queue": "alerts"},
    "analytics.*": {"queue": "refresh"},
    "core.write_export": {"queue": "exports"},
    "core.send_reports": {"queue": "exports"},
    "transactions.refresh_*": {"queue": "refresh"},
    "transactions.backtest_*": {"queue": "exports"},
    "transactions.refit_*": {"queue": "forecast"},
    "transactions.rebuild_*": {"queue": "exports"},
    "inventory.update_inventory_predictions": {"queue": "forecast"},
    "inventory.generate_reorder_suggestions": {"queue": "forecast"},
    "inventory.run_replay": {"queue": "forecast"},
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
# A prediction run carries one of these queue names; `techmart.schedule` says which.
CELERY_TASK_QUEUES_LIGHT = ("refresh", "alerts", "default")
CELERY_TASK_QUEUES_HEAVY = ("forecast", "exports")
# A thread of each process serves outbox and event stream right after a commit. Tests call what
# it calls; without it the sweeps do all of it, seconds later.
AFTER_COMMIT_THREADS = env.flag("AFTER_COMMIT_THREADS", "pytest" not in sys.modules)

# --- Live -----------------------------------------------------------------------------------

_channel_url = BROKER_URL.replace("redis+socket://", "unix://", 1)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [_channel_url], "prefix": env.text("CHANNEL_PREFIX", "techmart")},
    }
}

# --- API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "techmart.core.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["techmart.core.api.permissions.ModelPermissions"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "techmart.core.api.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["techmart.core.api.throttling.CallerRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "caller": env.text("API_RATE", "600/min"),
        "anonymous": env.text("API_RATE_ANONYMOUS", "30/min"),
        "trigger": env.text("API_RATE_TRIGGER", "6/min"),
    },
    "EXCEPTION_HANDLER": "techmart.core.api.problems.problem_response",
    "COERCE_DECIMAL_TO_STRING": True,
    "NUM_PROXIES": env.whole("NUM_PROXIES", 0),
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "TechMart API",
    "DESCRIPTION": "Sales, stock, alerts and the dashboard of one shop.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "TransactionStatusEnum": "transactions.choices.TransactionStatus",
        "BulkStatusEnum": ["created", "replayed", "refused"],
        "DecisionEnum": "transactions.choices.Decision",
        "RuleStateEnum": "transactions.choices.RuleState",
        "BacktestStatusEnum": "transactions.choices.BacktestStatus",
        "ListKindEnum": "transactions.choices.ListKind",
        "ModelKindEnum": "transactions.choices.ModelKind",
        "ModelStateEnum": "transactions.choices.ModelState",
        "AdjustmentKindEnum": "transactions.choices.AdjustmentKind",
        "MovementKindEnum": "inventory.choices.MovementKind",
        "OverrideKindEnum": "inventory.choices.OverrideKind",
        "RunKindEnum": "inventory.choices.RunKind",
        "RunStatusEnum": "inventory.choices.RunStatus",
        "ReplayStatusEnum": "inventory.choices.ReplayStatus",
        "PolicyKindEnum": "inventory.choices.PolicyKind",
        "OrderStateEnum": "inventory.choices.OrderState",
        "SuggestionStateEnum": "inventory.choices.SuggestionState",
        "SheetStateEnum": "inventory.choices.SheetState",
        "CountLineStateEnum": "inventory.choices.CountLineState",
        "AlertKindEnum": "alerts.choices.AlertKind",
        "AlertStateEnum": "alerts.choices.AlertState",
    },
}

# --- Watching -------------------------------------------------------------------------------

LOG_LEVEL = env.text("LOG_LEVEL", "INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": "ext://techmart.logs.processors",
            "foreign_pre_chain": "ext://techmart.logs.shared",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.db.backends": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
SENTRY_DSN = env.text("SENTRY_DSN", "")
# What a scraper of /metrics sends as its bearer token; empty: signed-in staff only.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

# --- Webhooks -------------------------------------------------------------------------------

# Whether they may reach this machine and the house's own network, and plain http there.
WEBHOOK_PRIVATE_HOSTS = env.flag("WEBHOOK_PRIVATE_HOSTS")

# --- Counting stock -------------------------------------------------------------------------

# After how many days a product is counted again: monthly, quarterly, half-yearly.
COUNT_EVERY_DAYS = {
    "A": env.whole("COUNT_DAYS_A", 30, minimum=1),
    "B": env.whole("COUNT_DAYS_B", 91, minimum=1),
    "C": env.whole("COUNT_DAYS_C", 182, minimum=1),
}
# Differences above either wait for a second person: money at cost, and share of what was booked.
COUNT_LIMIT_VALUE = env.number("COUNT_LIMIT_VALUE", "100")
COUNT_LIMIT_SHARE = env.number("COUNT_LIMIT_SHARE", "0.10")

TESTING = "pytest" in sys.modules
