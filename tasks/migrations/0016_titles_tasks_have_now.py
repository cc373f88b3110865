import unicodedata
from typing import Any

from django.db import migrations

AT_ONCE = 1_000


def fold_titles(apps: Any, schema_editor: Any) -> None:
    """Fold the titles there are, as `tasks.titles` folds those to come."""
    tasks, titles = apps.get_model("tasks", "Task"), apps.get_model("tasks", "TaskTitle")
    last = 0
    while found := list(tasks.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "title")[:AT_ONCE]):
        titles.objects.bulk_create(
            titles(task_id=pk, folded=unicodedata.normalize("NFC", title).casefold()) for pk, title in found
        )
        last = found[-1][0]


class Migration(migrations.Migration):
    dependencies = [("tasks", "0015_titles_to_search")]

    operations = [migrations.RunPython(fold_titles, migrations.RunPython.noop)]
