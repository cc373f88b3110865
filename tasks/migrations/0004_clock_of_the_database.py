"""Times are written as the database has them. Nothing changes in the tables, so SQLite need not make them anew."""

import victoros.lib.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0003_tidied_attempts'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='approval',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='attempt',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='attempt',
                    name='ready_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='effect',
                    name='intended_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='outbox',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='step',
                    name='finished_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='task',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='task',
                    name='ready_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='task',
                    name='status_since',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
            ],
        ),
    ]
