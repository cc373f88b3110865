from typing import Any

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: list[Any] = [("tasks", "0014_costs_of_tasks_so_far")]

    operations = [
        migrations.CreateModel(
            name="TaskTitle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("folded", models.TextField()),
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="folded_title", to="tasks.task"
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
    ]
