"""Settings: everything an installation may choose comes from the environment, read here and nowhere else."""

from datetime import timedelta
from ipaddress import ip_network
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
    "django.contrib.admin.apps.SimpleAdminConfig",  # its pages are registered in factoryos/supervision, none elsewhere
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "django_htmx",  # for its copy of htmx
    "factoryos",
    "factoryos.kernel",
    "factoryos.dialects",
    "quality",
    "manufacturing",
    "orders",
    "iot",
    "import_export",
    "factoryos.ops",
    "factoryos.supervision",
]

MIDDLEWARE = [
    "factoryos.dialects.base.road.FaceRoad",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "factoryos.dialects.base.browser.BrowserOnly",
]
# What a browser session needs; the API faces skip all of it (see BrowserOnly).
BROWSER_MIDDLEWARE = [
    "factoryos.ops.shell.compression.PageGzip",
    "factoryos.ops.shell.safety.SafetyHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "factoryos.ops.shell.sessions.RollingSession",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
# These checks look into MIDDLEWARE for what pages have from BROWSER_MIDDLEWARE (security.W002, W003: frames and CSRF).
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410", "axes.W002", "security.W002", "security.W003"]

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
# In production files are collected, compressed and named by their content: only such a name may be kept for ever. In
# development each is read where it lies, so that an edit shows at the next reload and nothing must be collected.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "factoryos.ops.shell.static_files.NamedByContent"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION
WHITENOISE_MAX_AGE = 3600 if PRODUCTION else 0  # seconds, for a name that stays when the content changes

# --- Celery: a message is a wake-up, the database owns the work -------------------------------------------------------
REDIS_URL = env.text("REDIS_URL", "")
CELERY = env.celery(REDIS_URL, home=FACTORYOS_HOME)
# Seconds for which a poller reads machines before it looks whether another should have some of them.
POLL_STINT_S = float(env.text("FACTORYOS_POLL_STINT_S", "10"))
# How often what counters show is booked: each time is an entry and an event of every order whose machine counted.
BOOK_EVERY_S = float(env.text("FACTORYOS_BOOK_EVERY_S", "1"))

# --- Telemetry over MQTT ----------------------------------------------------------------------------------------------
# mqtt://user:password@host:port, or mqtts:// for TLS; not set: off.
MQTT_URL = env.text("MQTT_URL", "")
# The name of our session at the broker: two installations that share a broker need two names.
MQTT_CLIENT_ID = env.text("MQTT_CLIENT_ID", "factoryos")
MQTT_CA_FILE = env.text("MQTT_CA_FILE", "")

# What engineers of a factory may connect to: networks such as 10.1.0.0/16 (none named: any host), and the files that may
# be loaded as FANUC's library (none named: none in production, else any).
MACHINE_NETWORKS = [ip_network(word) for word in env.words("FACTORYOS_MACHINE_NETWORKS", [])]
FOCAS_LIBRARIES = env.words("FACTORYOS_FOCAS_LIBRARIES", [])

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
# Samples a second per factory, whatever way they come; 0 = off.
TELEMETRY_SAMPLES_PER_SECOND = env.number("FACTORYOS_TELEMETRY_SAMPLES_PER_SECOND", 5000 if PRODUCTION else 0)
MAX_BODY_BYTES = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

# --- Signing in -------------------------------------------------------------------------------------------------------
LOGIN_URL = "ops:sign-in"
LOGIN_REDIRECT_URL = "ops:orders"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# Wrong passwords are counted per name and address together: a stranger elsewhere cannot lock anybody out. What one
# address may get wrong over all names is limited in factoryos/kernel/guessing.py.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_FAILURE_LIMIT_OF_ADDRESS = 100
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # knocking does not prolong the wait
AXES_CLIENT_IP_CALLABLE = "factoryos.kernel.addresses.address_of"
AXES_LOCKOUT_CALLABLE = "factoryos.ops.shell.guessing.locked_out"
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username"]  # not in logs: a password is typed there now and then
# Twelve hours after the last thing that a person did: a shift and its handover (factoryos/ops/shell/sessions.py).
SESSION_COOKIE_AGE = 12 * 3600

# --- Browser safety ---------------------------------------------------------------------------------------------------
# A proxy that speaks TLS stands in front: it alone is believed about scheme and address of a caller.
BEHIND_TLS = env.flag("FACTORYOS_BEHIND_TLS", default=False)
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Over TLS every cookie is Secure, whatever is said here (factoryos/ops/shell/safety.py).
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION and not PLAIN_HTTP
CSRF_FAILURE_VIEW = "factoryos.ops.shell.failures.csrf_failed"
# Set by SafetyHeaders where it means something: a browser complains of it on plain HTTP.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0

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
        {"name": "Live", "description": "What happens, as it happens."},
        {"name": "Setting a factory up", "description": "Products, methods, work areas, machines."},
        {"name": "Bills of materials", "description": "For an ERP: what a product is made of, in versions."},
        {"name": "Manufacturing orders", "description": "For an ERP: the same orders in its words and states."},
        {"name": "Work orders", "description": "For an ERP: an order's operations on the floor."},
        {"name": "Inventory", "description": "For an ERP: what lies in stock, and what comes in."},
        {
            "name": "Store: production orders",
            "description": "For a shop: the same orders with their articles, as JSON or XML.",
        },
        {
            "name": "Store: articles of an order",
            "description": "Adding, counting and removing them; runs with traceability.",
        },
        {"name": "Store: material", "description": "What an order is made of and what came of it; the picking list."},
        {"name": "Store: customer orders", "description": "What production orders are made for."},
        {"name": "Store: signing in", "description": "A token for a person, for thirty days."},
        {
            "name": "Ingest: manufacturing orders",
            "description": "For a planning system: batches of statements about orders, and what became of them.",
        },
    ],
}

# What a scraper of /metrics must show as a bearer; in production there is no /metrics without it.
METRICS_TOKEN = env.text("FACTORYOS_METRICS_TOKEN", "")

# Called by django.setup(), and so in every process: structlog and the standard library together.
LOGGING_CONFIG = "factoryos.logs.configure"
LOGGING = {"json": PRODUCTION, "level": env.text("FACTORYOS_LOG_LEVEL", "INFO").upper()}
