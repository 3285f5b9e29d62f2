"""The WSGI application: what a web server loads. In production it refuses to be loaded while anything is unsafe."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factoryos.settings")
application = get_wsgi_application()

from factoryos.checks import refuse_to_serve  # noqa: E402 settings and apps must be ready

refuse_to_serve()
