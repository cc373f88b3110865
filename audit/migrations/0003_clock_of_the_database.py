"""Times are written as the database has them. Nothing changes in the tables, so SQLite need not make them anew."""

import victoros.lib.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_attention_of_tasks_nobody_can_do'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='attentionitem',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='entry',
                    name='at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
            ],
        ),
    ]
