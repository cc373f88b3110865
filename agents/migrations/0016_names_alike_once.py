import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("agents", "0015_number_twins")]

    operations = [
        migrations.AddConstraint(
            model_name="agent",
            constraint=models.UniqueConstraint(
                models.F("swarm"),
                django.db.models.functions.text.Lower("name"),
                models.F("twin"),
                condition=models.Q(("retired_at", None)),
                name="agent_name_alike_once",
            ),
        ),
    ]
