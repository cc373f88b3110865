"""Addresses of what waits for a person."""

from django.urls import URLPattern, path

from tasks.views import approvals

urlpatterns: list[URLPattern] = [
    path("needs-me/", approvals.approval_list, name="approval_list"),
    path("approvals/<int:pk>/", approvals.approval_view, name="approval_view"),
    path("approvals/<int:pk>/decide/", approvals.approval_decide, name="approval_decide"),
    path("needs-me/<int:pk>/answer/", approvals.attention_answer, name="attention_answer"),
]
