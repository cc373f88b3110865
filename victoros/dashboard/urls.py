"""Addresses of the pages that compose the apps."""

from django.urls import URLPattern, path

from victoros.dashboard import gallery, views
from victoros.dashboard.site_settings.views import show_settings, workspace_edit

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("stop/", views.stop, name="stop"),
    path("cells/", views.cell_list, name="cell_list"),
    path("cells/<int:pk>/", views.cell_view, name="cell_view"),
    path("find/", views.find, name="find"),
    path("keys/", views.keys, name="keys"),
    path("settings/", show_settings, name="settings"),
    path("settings/workspaces/<int:pk>/", workspace_edit, name="workspace_edit"),
    path("gallery/", gallery.gallery, name="gallery"),
]
