"""What agents spent until now, added up by swarm: counting goes on from there."""

from django.db import migrations

FIGURES = ("calls", "failed", "tokens_in", "tokens_out", "cost_nanos")
SO_FAR = f"""
INSERT INTO tasks_swarmspend (day, swarm_id, llm, {", ".join(FIGURES)})
SELECT day, swarm_id, llm, {", ".join(f"sum({figure})" for figure in FIGURES)} FROM tasks_spend GROUP BY day, swarm_id, llm
"""


class Migration(migrations.Migration):

    dependencies = [
        ("tasks", "0019_spending_of_swarms"),
    ]

    operations = [
        migrations.RunSQL(SO_FAR, migrations.RunSQL.noop),
    ]
