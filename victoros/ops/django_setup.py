"""Loads Django once, before the supervisor forks, and turns a broken setting into one line."""

import importlib
import os
import warnings
from importlib.util import find_spec

from victoros.lib.errors import Misconfigured, VictorError

SHARED_MODULES = (
    "rq.worker",
    "django_rq.management.commands.rqworker",
    "victoros.asgi",
    "tasks.engine.jobs",
    "tasks.engine.cell",
    "tasks.engine.reconciler",
    "agents.llm.wires.chat",
)
"""Loaded before the fork so that all processes share their memory. Nothing that starts a thread or an event loop."""


def load_django() -> None:
    """Read the settings and load all applications. Raises Misconfigured naming the setting that makes no sense."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "victoros.settings")
    import django

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            django.setup()
    except VictorError:
        raise
    except Exception as error:
        raise Misconfigured(
            _describe(error), hint="Correct the environment variable, or unset it for the default."
        ) from error


def load_shared_modules() -> str:
    """Load what several processes need; return what went wrong, or nothing. A process that needs it will say so too."""
    from django.urls import get_resolver

    try:
        for name in SHARED_MODULES:
            if find_spec(name):
                importlib.import_module(name)
        list(get_resolver().url_patterns)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _describe(error: Exception) -> str:
    """Return one line about an error met while the settings were read, with the variable's name if its value is at fault."""
    text = " ".join(str(error).split()) or type(error).__name__
    named = [name for name, value in os.environ.items() if name.startswith("VICTOR_") and value and value in text]
    return f"A setting is broken: {f'{named[0]}: ' if named and named[0] not in text else ''}{text}."
