"""Times are written as the database has them. Nothing changes in the tables, so SQLite need not make them anew."""

import victoros.lib.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0002_limits_over_all_cells'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='agent',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='agent',
                    name='state_since',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='agent',
                    name='status_since',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='memory',
                    name='updated_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='message',
                    name='sent_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='provider',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='signinlink',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='swarm',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='swarm',
                    name='state_since',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
                migrations.AlterField(
                    model_name='workspace',
                    name='created_at',
                    field=models.DateTimeField(default=victoros.lib.clock.now),
                ),
            ],
        ),
    ]
