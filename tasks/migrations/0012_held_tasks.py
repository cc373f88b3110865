from django.db import migrations, models
from django.db.models import F, Q


def note_what_is_held(apps, schema_editor):
    """Until now the first words of the reason told."""
    held = Q(reason__startswith="Stopped by") | Q(reason__startswith="Paused by")
    apps.get_model("tasks", "Task").objects.filter(held, status="blocked").update(held_at=F("status_since"))


class Migration(migrations.Migration):
    dependencies = [("tasks", "0011_acts_on_many")]

    operations = [
        migrations.AddField("task", "held_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(note_what_is_held, migrations.RunPython.noop),
    ]
