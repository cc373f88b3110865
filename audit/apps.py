"""Django's entry for the app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The record of what happened."""

    name = "audit"
