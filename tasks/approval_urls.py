"""Addresses of what waits for a person."""

from django.urls import URLPattern, path

from tasks.views import approvals, needs, notices

urlpatterns: list[URLPattern] = [
    path("needs-me/", needs.approval_list, name="approval_list"),
    path("approvals/<int:pk>/", approvals.approval_view, name="approval_view"),
    path("approvals/<int:pk>/decide/", approvals.approval_decide, name="approval_decide"),
    path("approvals/<int:pk>/edit/", approvals.approval_edit, name="approval_edit"),
    path("approvals/<int:pk>/rule/", approvals.approval_rule, name="approval_rule"),
    path("standing/<int:pk>/revoke/", approvals.rule_revoke, name="rule_revoke"),
    path("needs-me/<int:pk>/answer/", needs.attention_answer, name="attention_answer"),
    path("notifications/decide/", notices.notice_decide, name="notice_decide"),
]
