"""What agents spent until now, added up by swarm: counting goes on from there."""

from django.db import migrations

SO_FAR = """
INSERT INTO tasks_swarmspend (day, swarm_id, llm, calls, failed, tokens_in, tokens_out, cost_nanos)
SELECT day, swarm_id, llm, sum(calls), sum(failed), sum(tokens_in), sum(tokens_out), sum(cost_nanos)
FROM tasks_spend GROUP BY day, swarm_id, llm
"""


class Migration(migrations.Migration):

    dependencies = [
        ("tasks", "0019_spending_of_swarms"),
    ]

    operations = [
        migrations.RunSQL(SO_FAR, migrations.RunSQL.noop),
    ]
