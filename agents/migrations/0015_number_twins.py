from itertools import groupby
from typing import Any

from django.db import migrations
from django.db.models import Count
from django.db.models.functions import Lower


def number_twins(apps: Any, schema_editor: Any) -> None:
    """Number the agents in service whose names differ from an older colleague's in capitals only."""
    agents = apps.get_model("agents", "Agent")
    serving = agents.objects.filter(retired_at=None).annotate(folded=Lower("name")).order_by()
    alike = serving.values("swarm", "folded").annotate(n=Count("pk")).filter(n__gt=1)
    swarms = {row["swarm"] for row in alike}
    names = {(row["swarm"], row["folded"]) for row in alike}
    rows = serving.filter(swarm__in=swarms).values_list("swarm", "folded", "pk").order_by("swarm", "folded", "pk")
    for key, group in groupby(rows.iterator(), key=lambda row: row[:2]):
        if key in names:
            for n, (_, _, pk) in enumerate(group):
                agents.objects.filter(pk=pk).update(twin=n)


class Migration(migrations.Migration):

    dependencies = [("agents", "0014_twins")]

    operations = [migrations.RunPython(number_twins, migrations.RunPython.noop)]
