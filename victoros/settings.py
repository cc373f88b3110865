"""Every setting of Victor.os, read from the environment once; nonsense is refused with one clear line."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from victoros.lib.env import find_home, read_run_facts, read_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- where state lives ----------------------------------------------------------------------------------------------
VICTOR_HOME = find_home(BASE_DIR)
_run = read_run_facts(VICTOR_HOME)
VICTOR_REDIS_URL = env.str("VICTOR_REDIS_URL", _run.get("redis_url", "redis://127.0.0.1:6379/0"))
VICTOR_LLM_URL = env.str("VICTOR_LLM_URL", _run.get("llm_url", ""))
VICTOR_DATABASE_URL = env.str(
    "VICTOR_DATABASE_URL", _run.get("database_url", f"sqlite:///{VICTOR_HOME / 'victor.sqlite3'}")
)

# --- security -------------------------------------------------------------------------------------------------------
SECRET_KEY = env.str("VICTOR_SECRET_KEY", "") or read_secret_key(VICTOR_HOME)
DEBUG = env.bool("VICTOR_DEBUG", False)
ALLOWED_HOSTS = env.list("VICTOR_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
VICTOR_HTTPS = env.bool("VICTOR_HTTPS", False)
CSRF_TRUSTED_ORIGINS = env.list("VICTOR_ORIGINS", default=[])
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = VICTOR_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if VICTOR_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if VICTOR_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = VICTOR_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "victor_session"
CSRF_COOKIE_NAME = "victor_csrf"
CSRF_FAILURE_VIEW = "victoros.dashboard.errors.show_stale_form"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- applications ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "guardian",
    "lucide",
    "django_rq",
    "audit",
    "agents",
    "tasks",
    "victoros",
]
MIDDLEWARE = [
    "victoros.lib.http.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "victoros.lib.http.ErrorPagesMiddleware",
]
ROOT_URLCONF = "victoros.urls"
ASGI_APPLICATION = "victoros.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- database -------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(VICTOR_DATABASE_URL)}
_engine = DATABASES["default"].get("ENGINE", "")
if _engine.endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA mmap_size=134217728;PRAGMA cache_size=-8000;",
    }
elif _engine.endswith("postgresql"):
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A process that froze in the middle of a transaction must not hold its rows for ever.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c idle_in_transaction_session_timeout=30s"
else:
    raise ImproperlyConfigured(
        f"VICTOR_DATABASE_URL names {_engine}; Victor.os works on SQLite (sqlite:///path) and PostgreSQL (postgres://...)."
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- queues ---------------------------------------------------------------------------------------------------------
_queue = {"URL": VICTOR_REDIS_URL, "DEFAULT_TIMEOUT": -1, "SERIALIZER": "rq.serializers.JSONSerializer"}
RQ_QUEUES = {"cells": _queue, "chores": {**_queue, "DEFAULT_TIMEOUT": 600}}
RQ_SHOW_ADMIN_LINK = False

# --- people ---------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign_in"
ANONYMOUS_USER_NAME = None
VICTOR_SCOPE = "agents.permissions.scope_of_user"
VICTOR_WORK = "tasks.selectors.of_agents"
VICTOR_CATALOG = "tasks.catalog"

UNFOLD = {"SITE_TITLE": "Victor.os", "SITE_HEADER": "Victor.os rows", "SITE_URL": "/", "SHOW_HISTORY": False}
"""The admin theme; its rows are for looking at."""

# --- language, time, files ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env.str("VICTOR_TIME_ZONE", "UTC")
USE_I18N = USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VICTOR_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- engine (seconds unless the name says otherwise) ------------------------------------------------------------------
VICTOR_CELLS = env.int("VICTOR_CELLS", 2)
VICTOR_CELL_SLOTS = env.int("VICTOR_CELL_SLOTS", 1000)
"""How many attempts one cell drives at once."""
VICTOR_HEARTBEAT_S = env.float("VICTOR_HEARTBEAT_S", 2.0)
VICTOR_LEASE_S = env.float("VICTOR_LEASE_S", 10.0)
VICTOR_END_FROZEN = env.bool("VICTOR_END_FROZEN", True)
"""Whether the scheduler kills cells of its own host that stay silent past their lease."""
VICTOR_LOOK_S = env.float("VICTOR_LOOK_S", 1.0)
VICTOR_RECONCILE_S = env.float("VICTOR_RECONCILE_S", 2.0)
VICTOR_CELL_MAX_AGE_S = env.float("VICTOR_CELL_MAX_AGE_S", 3600.0)
VICTOR_CELL_MAX_MB = env.int("VICTOR_CELL_MAX_MB", 600)
VICTOR_APPROVAL_S = env.int("VICTOR_APPROVAL_S", 24 * 3600)

VICTOR_INPUT_ROOTS = env.list("VICTOR_INPUT_ROOTS", default=[])
"""Folders below which swarms may be given documents to read; empty: any folder this machine's user can read."""

# --- logs -----------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("VICTOR_LOG_LEVEL", "INFO")},
    "loggers": {
        "rq.worker": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django.channels": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001"
]  # rights are asked through agents.permissions, never through has_perm(object)
if not VICTOR_HTTPS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
