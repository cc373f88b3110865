"""Addresses of the pages about work. Included at the root: swarms and agents are controlled from here, too."""

from django.urls import URLPattern, path

from tasks.views import attempts, bulk, control, costs, edit, lists, move, run, task

urlpatterns: list[URLPattern] = [
    path("tasks/", lists.task_list, name="task_list"),
    path("tasks/new/", edit.task_new, name="task_new"),
    path("tasks/<int:pk>/", task.task_view, name="task_view"),
    path("tasks/<int:pk>/run/", run.task_run, name="task_run"),
    path("tasks/<int:pk>/run/file/", run.task_run_file, name="task_run_file"),
    path("tasks/<int:pk>/steps/<int:n>/", run.task_step, name="task_step"),
    path("tasks/<int:pk>/edit/", edit.task_edit, name="task_edit"),
    path("tasks/<int:pk>/move/", move.task_move, name="task_move"),
    path("tasks/<int:pk>/control/", control.task_control, name="task_control"),
    path("attempts/", attempts.attempt_list, name="attempt_list"),
    path("costs/", costs.costs, name="costs"),
    path("agents/<int:pk>/control/", control.agent_control, name="agent_control"),
    path("swarms/<int:pk>/control/", control.swarm_control, name="swarm_control"),
    path("bulk/", bulk.bulk_list, name="bulk_list"),
    path("bulk/<int:pk>/", bulk.bulk_view, name="bulk_view"),
    path("bulk/<int:pk>/begin/", bulk.bulk_begin, name="bulk_begin"),
    path("bulk/<int:pk>/undo/", bulk.bulk_undo, name="bulk_undo"),
]
