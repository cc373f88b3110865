"""Forms of swarms."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from agents.forms.fields import ProviderField
from agents.models import Swarm, Workspace
from agents.tools.policy import BY_EFFECT
from agents.tools.registry import list_tools
from agents.work import catalog

OF_ITS_KIND = ""


class SwarmForm(forms.Form):
    """What a swarm is; the same fields make one and change one."""

    name = forms.CharField(max_length=80, help_text="Unique in its workspace.")
    purpose = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is for. Markdown. Its agents read it too.",
    )
    input_folder = forms.CharField(
        required=False,
        max_length=500,
        help_text="Absolute path of a folder on the server that its agents may read.",
        widget=forms.TextInput(attrs={"placeholder": "/srv/reports", "spellcheck": "false"}),
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["provider"] = ProviderField(
            empty="the site's default", help_text="Asked by agents without a provider of their own."
        )


class NewSwarmForm(SwarmForm):
    """A new swarm, by hand or from a template."""

    field_order = ("template", "workspace", "name", "input_folder", "purpose", "provider")

    def __init__(self, *given: Any, workspaces: QuerySet[Workspace], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["template"] = forms.ChoiceField(
            required=False,
            choices=[("", "none: an empty swarm"), *((row.name, f"{row.title}") for row in catalog().list_templates())],
            help_text="A template brings agents and their first tasks. Without an input folder it takes its samples.",
        )
        self.fields["workspace"] = forms.ModelChoiceField(workspaces, empty_label=None)
        if len(workspaces) == 1:
            self.fields["workspace"].widget = forms.HiddenInput()
            self.initial.setdefault("workspace", workspaces[0].pk)
        self.order_fields(self.field_order)


class EditSwarmForm(SwarmForm):
    """A swarm's fields with its policy, one choice for each tool."""

    def __init__(self, *given: Any, swarm: Swarm, **named: Any) -> None:
        values = {name: getattr(swarm, name) for name in ("name", "purpose", "input_folder", "provider")}
        super().__init__(*given, initial=values, **named)
        for tool in list_tools():
            self.fields[f"policy-{tool.name}"] = forms.ChoiceField(
                required=False,
                label=tool.name,
                initial=swarm.policy.get(tool.name, OF_ITS_KIND),
                help_text=tool.description,
                choices=[
                    (OF_ITS_KIND, f"as its kind: {BY_EFFECT[tool.effect]} ({tool.effect.label.lower()})"),
                    ("allow", "allow"),
                    ("ask", "ask a person first"),
                    ("refuse", "refuse"),
                ],
            )

    def plain_fields(self) -> list[forms.BoundField]:
        """Return the fields that are not policy."""
        return [field for field in self if not field.name.startswith("policy-")]

    def policy_fields(self) -> list[forms.BoundField]:
        """Return one field for each tool."""
        return [field for field in self if field.name.startswith("policy-")]

    def changes(self) -> dict[str, Any]:
        """Return what `change_swarm` takes."""
        values = {name: value for name, value in self.cleaned_data.items() if not name.startswith("policy-")}
        chosen = {name: value for name, value in self.cleaned_data.items() if name.startswith("policy-") and value}
        return values | {"policy": {name.removeprefix("policy-"): value for name, value in chosen.items()}}
