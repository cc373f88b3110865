"""Addresses of notifications."""

from django.urls import URLPattern, path

from audit.notifications import views

urlpatterns: list[URLPattern] = [
    path("account/notifications/", views.notification_list, name="notification_list"),
    path("account/notifications/devices/", views.device_add, name="device_add"),
    path("account/notifications/devices/renew/", views.device_renew, name="device_renew"),
    path("account/notifications/devices/<int:pk>/test/", views.device_test, name="device_test"),
    path("account/notifications/devices/<int:pk>/remove/", views.device_remove, name="device_remove"),
    path("account/notifications/channels/", views.channel_add, name="channel_add"),
    path("account/notifications/channels/<int:pk>/test/", views.channel_test, name="channel_test"),
    path("account/notifications/channels/<int:pk>/remove/", views.channel_remove, name="channel_remove"),
    path("account/notifications/shown/", views.notice_shown, name="notice_shown"),
]
