"""Addresses of the record and of notifications."""

from django.urls import URLPattern, URLResolver, include, path

from audit import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("audit/", views.audit_list, name="audit_list"),
    path("", include("audit.notifications.urls")),
]
