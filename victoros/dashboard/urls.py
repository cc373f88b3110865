"""Addresses of the pages that compose the apps."""

from django.urls import URLPattern, path

from victoros.dashboard import views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("stop/", views.stop, name="stop"),
    path("cells/", views.cell_list, name="cell_list"),
]
