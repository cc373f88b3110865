"""The web process: pages over HTTP, hints over one websocket per page."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victoros.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
