"""Every setting of Victor.os, read from the environment once; nonsense is refused with one clear line."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from victoros.lib.env import find_home, read_run_facts, read_secret_key, refuse_placeholders

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
refuse_placeholders()

# --- where state lives ----------------------------------------------------------------------------------------------
VICTOR_HOME = find_home(BASE_DIR)
VICTOR_SWARMS = env.str("VICTOR_SWARMS", "")
"""Folder of the swarms' own folders; empty: `swarms` in the home. Where several hosts work it must be one folder on all."""
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
    "django.middleware.gzip.GZipMiddleware",
    "victoros.lib.http.DatabaseOutageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "victoros.dashboard.zones.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "victoros.lib.http.ErrorPagesMiddleware",
    "victoros.dashboard.default_views.DefaultViewMiddleware",
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
            "builtins": ["victoros.templatetags.addresses"],
        },
    }
]

# --- leases (seconds) -------------------------------------------------------------------------------------------------
VICTOR_HEARTBEAT_S = env.float("VICTOR_HEARTBEAT_S", 2.0)
VICTOR_LEASE_S = env.float("VICTOR_LEASE_S", 10.0)

# --- database -------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(VICTOR_DATABASE_URL)}
DATABASES["default"]["CONN_MAX_AGE"] = 60
"""Seconds that a thread of the web process keeps its connection for requests to come."""
_engine = DATABASES["default"].get("ENGINE", "")
if _engine.endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA mmap_size=134217728;PRAGMA cache_size=-8000;",
    }
elif _engine.endswith("postgresql"):
    DATABASES["default"]["ENGINE"] = "victoros.lib.postgres"
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # The engine's statements are prepared (`victoros.lib.postgres.pipeline`): to plan one takes up to ten times as long as to run.
    # A process that froze in the middle of a transaction must not hold its rows for ever; a server that is gone must not
    # hold a process for ever: the kernel gives up what is not acknowledged within 5 s, and asks idle peers. The server in turn
    # ends the statements of clients that have gone, with their locks. It asks them too: without, one of the statements of a host
    # that was cut off and waits for another goes on when that is given up, and only then begins to be idle. All this within three
    # tenths of a lease: every commit that wants the same rows waits as long. It may be about an agent whose work just waited for
    # the lease of another lost host.
    _held_s = max(2, int(VICTOR_LEASE_S * 0.3))
    DATABASES["default"]["OPTIONS"] = {
        "options": "-c plan_cache_mode=force_generic_plan -c jit=off"
        f" -c idle_in_transaction_session_timeout={_held_s}s -c client_connection_check_interval={_held_s / 4:g}s"
        f" -c tcp_keepalives_idle={_held_s // 2} -c tcp_keepalives_interval=1 -c tcp_keepalives_count={_held_s - _held_s // 2}"
        f" -c tcp_user_timeout={_held_s}s",
        "connect_timeout": 2,
        "tcp_user_timeout": 5000,
        "keepalives_idle": 10,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        **DATABASES["default"].get("OPTIONS", {}),
    }
else:
    raise ImproperlyConfigured(
        f"VICTOR_DATABASE_URL names {_engine}; Victor.os works on SQLite (sqlite:///path) and PostgreSQL (postgres://...)."
    )
VICTOR_DATABASE_WAIT_S = env.float("VICTOR_DATABASE_WAIT_S", 15.0)
"""How long PostgreSQL may take for one answer before its connection is given up; 0: as long as it likes."""
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
VICTOR_SWARM_NAMES = "agents.selectors.names.name_swarms"
VICTOR_ACTS = "tasks.selectors.act_digests.digests_of"

UNFOLD = {
    "SITE_TITLE": "Victor.os",
    "SITE_HEADER": "Victor.os rows",
    "SITE_URL": "/",
    "SITE_ICON": lambda request: static("icons/victor.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icons/victor.svg")}],
    "STYLES": [lambda request: static("css/admin.css")],
    "SHOW_HISTORY": False,
    "COLORS": {
        "primary": {
            "50": "#f3f6fe",
            "100": "#e9effc",
            "200": "#d2defa",
            "300": "#b0c5fb",
            "400": "#8eaeff",
            "500": "#8eaeff",
            "600": "#2350c4",
            "700": "#1f47ad",
            "800": "#1c3d93",
            "900": "#1a2747",
            "950": "#0b1433",
        }
    },
}
"""The admin theme; its rows are for looking at. Its colours are steps of the accent of static/css/tokens.css."""

# --- language, time, files ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
"""English is complete; what another catalogue lacks is shown in English."""
LOCALE_PATHS = [BASE_DIR / "victoros" / "locale"]
LANGUAGE_COOKIE_NAME = "victor_language"
FORMAT_MODULE_PATH = "victoros.translating.formats"
"""Numbers look the same in every language: pictures are drawn with them."""
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
VICTOR_END_FROZEN = env.bool("VICTOR_END_FROZEN", True)
"""Whether the scheduler kills cells of its own host that stay silent past their lease."""
VICTOR_LOOK_S = env.float("VICTOR_LOOK_S", 1.0)
VICTOR_RECONCILE_S = env.float("VICTOR_RECONCILE_S", 2.0)
VICTOR_CELL_MAX_AGE_S = env.float("VICTOR_CELL_MAX_AGE_S", 3600.0)
VICTOR_CELL_MAX_MB = env.int("VICTOR_CELL_MAX_MB", 600)
VICTOR_CELL_HARD_MB = env.int("VICTOR_CELL_HARD_MB", 3 * VICTOR_CELL_MAX_MB)
VICTOR_STALL_S = env.float("VICTOR_STALL_S", 2.0)
"""Processor time that an attempt may use without letting the event loop go round."""
VICTOR_QUOTA_WINDOW_S = env.float("VICTOR_QUOTA_WINDOW_S", 60.0)
"""The minute of providers' limits; shorter only in tests."""
VICTOR_QUOTA_PATIENCE_S = env.float("VICTOR_QUOTA_PATIENCE_S", 5.0)
"""How long a question waits inside its cell for the provider's turn; what must wait longer becomes a row."""
VICTOR_UNABLE_S = env.float("VICTOR_UNABLE_S", 30.0)
"""After so long a ready task that nobody can do is put before the operators."""
VICTOR_APPROVAL_S = env.int("VICTOR_APPROVAL_S", 24 * 3600)

# --- how much of each there may be (docs/bounds.md) ---------------------------------------------------------------------
VICTOR_SWARM_TASKS = env.int("VICTOR_SWARM_TASKS", 100_000)
VICTOR_SUBTASK_DEPTH = env.int("VICTOR_SUBTASK_DEPTH", 8)
VICTOR_ATTEMPT_STEPS = env.int("VICTOR_ATTEMPT_STEPS", 2000)
VICTOR_MAILBOX = env.int("VICTOR_MAILBOX", 1000)
VICTOR_FOLDER_MB = env.int("VICTOR_FOLDER_MB", 2000)
VICTOR_FOLDER_FILES = env.int("VICTOR_FOLDER_FILES", 10_000)
VICTOR_LIVE_PAGES = env.int("VICTOR_LIVE_PAGES", 2000)

# --- how long things are kept (days; 0 keeps them for ever) ----------------------------------------------------------------
VICTOR_TIDY_S = env.float("VICTOR_TIDY_S", 600.0)
VICTOR_KEEP_WORDS_DAYS = env.int("VICTOR_KEEP_WORDS_DAYS", 90)
VICTOR_KEEP_WORK_DAYS = env.int("VICTOR_KEEP_WORK_DAYS", 365)
VICTOR_KEEP_MAIL_DAYS = env.int("VICTOR_KEEP_MAIL_DAYS", 180)
VICTOR_KEEP_CELLS_DAYS = env.int("VICTOR_KEEP_CELLS_DAYS", 7)
VICTOR_KEEP_ENTRIES_DAYS = env.int("VICTOR_KEEP_ENTRIES_DAYS", 0)

# --- notifications ----------------------------------------------------------------------------------------------------
VICTOR_VAPID_KEY = env.str("VICTOR_VAPID_KEY", "")
"""Private key that push services know this installation by; empty: made on first use and kept in the home."""
VICTOR_VAPID_CONTACT = env.str("VICTOR_VAPID_CONTACT", "")
"""Whom a push service may write to, as mailto: or https:; empty: the first of VICTOR_ORIGINS."""
VICTOR_NOTIFY_TITLES = env.bool("VICTOR_NOTIFY_TITLES", False)
"""Whether notifications carry the short title of what waits; without, they say only what kind it is, and whose."""
VICTOR_NOTIFY_TOKEN_S = env.int("VICTOR_NOTIFY_TOKEN_S", 3600)
"""How long an act can be decided from its notification."""
VICTOR_NOTIFY_LATE_S = env.int("VICTOR_NOTIFY_LATE_S", 3600)
"""What could not be sent so long after it was due is not sent any more."""
VICTOR_NOTIFY_SCHEMAS = env.list(
    "VICTOR_NOTIFY_SCHEMAS",
    default="mailtos slack discord tgram msteams workflows gchat matrixs mmosts rockets ntfys gotifys pover signals zulip".split(),
)
"""Ways of e-mail and chat that people may add, by the schema of their apprise addresses."""
VICTOR_NOTIFY_PRIVATE = env.bool("VICTOR_NOTIFY_PRIVATE", False)
"""Whether notifications may go to addresses of private networks, such as a mail server of one's own."""

# --- files people may give ---------------------------------------------------------------------------------------------
VICTOR_INPUT_ROOTS = env.list("VICTOR_INPUT_ROOTS", default=[])
"""Folders below which swarms may be given documents to read; empty: any folder this machine's user can read."""

# --- logs -----------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"quiet_outages": {"()": "victoros.lib.database.QuietOutages"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("VICTOR_LOG_LEVEL", "INFO")},
    "loggers": {
        "rq.worker": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "django.channels": {"level": "WARNING"},
        "django.request": {"filters": ["quiet_outages"]},
    },
}
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001"
]  # rights are asked through agents.permissions, never through has_perm(object)
if not VICTOR_HTTPS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
