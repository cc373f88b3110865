from typing import Any

from django.db import migrations


def keep_present_versions(apps: Any, schema_editor: Any) -> None:
    """Keep what each agent is now as its version; who made it so is not known any more."""
    agents, versions = apps.get_model("agents", "Agent"), apps.get_model("agents", "AgentVersion")
    rows = agents.objects.select_related("provider").iterator(chunk_size=500)
    versions.objects.bulk_create(
        (
            versions(
                agent_id=agent.pk,
                n=agent.version,
                instructions=agent.instructions,
                capabilities=agent.capabilities,
                tools=agent.tools,
                program=agent.program,
                provider_name=agent.provider.name if agent.provider else "",
                at=agent.created_at,
            )
            for agent in rows
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):

    dependencies = [("agents", "0006_versions_of_agents")]

    operations = [migrations.RunPython(keep_present_versions, migrations.RunPython.noop)]
