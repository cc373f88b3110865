"""Addresses of the pages about work. Included at the root: swarms and agents are controlled from here, too."""

from django.urls import URLPattern, path

from tasks.views import control, edit, lists, task

urlpatterns: list[URLPattern] = [
    path("tasks/", lists.task_list, name="task_list"),
    path("tasks/new/", edit.task_new, name="task_new"),
    path("tasks/<int:pk>/", task.task_view, name="task_view"),
    path("tasks/<int:pk>/edit/", edit.task_edit, name="task_edit"),
    path("tasks/<int:pk>/control/", control.task_control, name="task_control"),
    path("agents/<int:pk>/control/", control.agent_control, name="agent_control"),
    path("swarms/<int:pk>/control/", control.swarm_control, name="swarm_control"),
]
