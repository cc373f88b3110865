"""The web process: pages over HTTP, hints over one websocket per page."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victoros.settings")

import django
from django.conf import settings

WAIT_S = 8.0
"""Nobody looks longer at an empty page: here a silent database is given up sooner than elsewhere."""

settings.VICTOR_DATABASE_WAIT_S = min(settings.VICTOR_DATABASE_WAIT_S or WAIT_S, WAIT_S)
django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter  # noqa: E402  (Django must be set up first)

from victoros.routing import websockets  # noqa: E402
from victoros.serving import PageHandler  # noqa: E402

application = ProtocolTypeRouter({"http": PageHandler(), "websocket": websockets})
