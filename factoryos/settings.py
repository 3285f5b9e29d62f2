"""Settings: everything an installation may choose comes from the environment, read here and nowhere else."""

from pathlib import Path

from factoryos import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
FACTORYOS_HOME = Path(env.text("FACTORYOS_HOME", str(BASE_DIR / "var"))).resolve()
FACTORYOS_ENV = env.text("FACTORYOS_ENV", "development")
PRODUCTION = FACTORYOS_ENV == "production"
# A plant's LAN without TLS states it here; cookies are then not marked Secure (rule: see README, "Run it for real").
PLAIN_HTTP = env.flag("FACTORYOS_PLAIN_HTTP", default=False)

DEBUG = env.flag("FACTORYOS_DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", home=FACTORYOS_HOME, production=PRODUCTION)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", [] if PRODUCTION else ["*"])
BASE_URL = env.text("FACTORYOS_BASE_URL", f"http://127.0.0.1:{env.text('PORT', '8000')}")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "factoryos",
    "factoryos.kernel",
    "factoryos.dialects",
    "quality",
    "manufacturing",
    "orders",
    "iot",
    "factoryos.ops",
]

MIDDLEWARE = [
    "factoryos.dialects.base.road.FaceRoad",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "factoryos.dialects.base.browser.BrowserOnly",
]
# What a browser session needs; the API faces skip all of it (see BrowserOnly).
BROWSER_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# The admin's own checks look for these in MIDDLEWARE; its pages have them from BROWSER_MIDDLEWARE.
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]

ROOT_URLCONF = "factoryos.urls"
WSGI_APPLICATION = "factoryos.wsgi.application"
APPEND_SLASH = False

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
                "factoryos.ops.frame.frame",
            ]
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL", home=FACTORYOS_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "kernel.User"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = FACTORYOS_HOME / "static"

# --- Celery: a message is a wake-up, the database owns the work -------------------------------------------------------
REDIS_URL = env.text("REDIS_URL", "")
CELERY = env.celery(REDIS_URL, home=FACTORYOS_HOME)

# --- Who may call -----------------------------------------------------------------------------------------------------
# Supabase tokens: one algorithm by configuration, never by the token. HS256 takes the project secret, RS256 and ES256
# a JWKS.
SUPABASE_JWT_ALGORITHM = env.text("SUPABASE_JWT_ALGORITHM", "HS256")
SUPABASE_JWT_SECRETS = env.words("SUPABASE_JWT_SECRET", []) or (
    [] if PRODUCTION else [env.secret("SUPABASE_JWT_SECRET", home=FACTORYOS_HOME, production=False)]
)
# Not the port's business: a token made in one shell must be good for a server started with another PORT.
SUPABASE_JWT_ISSUER = env.text(
    "SUPABASE_JWT_ISSUER", f"{BASE_URL}/auth/v1" if PRODUCTION else "https://demo.factoryos/auth/v1"
)
SUPABASE_JWT_AUDIENCE = env.text("SUPABASE_JWT_AUDIENCE", "authenticated")
SUPABASE_JWKS_FILE = env.text("SUPABASE_JWKS_FILE", "")
SUPABASE_JWKS_URL = env.text("SUPABASE_JWKS_URL", "")
# Several while the payment provider's secret is being rotated.
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRET", []) or (
    [] if PRODUCTION else [env.secret("STRIPE_WEBHOOK_SECRET", home=FACTORYOS_HOME, production=False)]
)

# Requests a minute per credential; 0 = off. Off in development, as a benchmark or a script should not hit a wall.
RATE_LIMIT_PER_MINUTE = env.number("FACTORYOS_RATE_LIMIT_PER_MINUTE", 6000 if PRODUCTION else 0)
RATE_LIMIT_BULK_PER_MINUTE = env.number("FACTORYOS_RATE_LIMIT_BULK_PER_MINUTE", 300 if PRODUCTION else 0)
MAX_BODY_BYTES = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

# --- Browser safety ---------------------------------------------------------------------------------------------------
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION and not PLAIN_HTTP
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("FACTORYOS_BEHIND_TLS", default=False) else None
)
SECURE_HSTS_SECONDS = 31_536_000 if env.flag("FACTORYOS_BEHIND_TLS", default=False) else 0

REST_FRAMEWORK = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "factoryos.dialects.base.openapi.FaceSchema",
}
# The published description; what it says about each call stands in the dialects' own tables.
SPECTACULAR_SETTINGS = {
    "TITLE": "FactoryOS",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Create, schedule, run, verify, trace and ship production orders. Errors, repeated calls, lists and "
    "limits work alike in every call: see `/api/docs/`.",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": ["factoryos.dialects.base.openapi.as_tabled"],
    "TAGS": [
        {"name": "Production orders", "description": "Creating, finding and reading them."},
        {"name": "The life of an order", "description": "From schedule to verification, one verb at a time."},
        {"name": "Trace", "description": "What happened, who did it, and how it can be proved."},
        {"name": "Setting a factory up", "description": "Products, methods, work areas, machines."},
    ],
}

# What a scraper of /metrics must show as a bearer; in production there is no /metrics without it.
METRICS_TOKEN = env.text("FACTORYOS_METRICS_TOKEN", "")

# Called by django.setup(), and so in every process: structlog and the standard library together.
LOGGING_CONFIG = "factoryos.logs.configure"
LOGGING = {"json": PRODUCTION, "level": env.text("FACTORYOS_LOG_LEVEL", "INFO").upper()}
