from django.db import migrations

FILL = """
INSERT INTO tasks_taskcost (task_id, cost_nanos)
SELECT task_id, SUM(cost_nanos) FROM tasks_attempt GROUP BY task_id HAVING SUM(cost_nanos) > 0
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0013_sort_lists_of_tasks_by_index'),
    ]

    operations = [migrations.RunSQL(FILL, "DELETE FROM tasks_taskcost")]
