"""Forms of swarms."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.forms.fields import ProviderField
from agents.models import Swarm, Workspace
from agents.services.swarms import MOST_BUDGET_NANOS
from agents.tools.policy import BY_EFFECT
from agents.tools.registry import Tool, list_tools
from agents.work import catalog
from victoros.lib.figures import DOLLAR

OF_ITS_KIND = ""


class SwarmForm(forms.Form):
    """What a swarm is; the same fields make one and change one."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Unique in its workspace."))
    purpose = forms.CharField(
        label=_("Purpose"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What it is for. Markdown. Its agents read it too."),
    )
    input_folder = forms.CharField(
        label=_("Input folder"),
        required=False,
        max_length=500,
        help_text=_("Absolute path of a folder on the server that its agents may read."),
        widget=forms.TextInput(attrs={"placeholder": "/srv/reports", "spellcheck": "false"}),
    )

    budget = forms.DecimalField(
        label=_("Budget a month"),
        required=False,
        min_value=Decimal("0.01"),
        max_value=MOST_BUDGET_NANOS // DOLLAR,
        decimal_places=2,
        help_text=_(
            "US dollars; empty: no limit. When it is used up the swarm is paused, and who operates it is told."
        ),
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["provider"] = ProviderField(
            empty=gettext("the site's default"), help_text=gettext("Asked by agents without a provider of their own.")
        )

    def values(self) -> dict[str, Any]:
        """Return what the services take."""
        values = dict(self.cleaned_data)
        budget = values.pop("budget")
        return {**values, "budget_nanos": None if budget is None else int(budget * DOLLAR)}


def _say_default(tool: Tool) -> str:
    verdicts = {"allow": gettext("allow"), "ask": gettext("ask a person first"), "refuse": gettext("refuse")}
    return gettext("as its kind: %(verdict)s (%(kind)s)") % {
        "verdict": verdicts[BY_EFFECT[tool.effect]],
        "kind": tool.effect.label,
    }


class NewSwarmForm(SwarmForm):
    """A new swarm, by hand or from a template."""

    field_order = ("template", "workspace", "name", "input_folder", "purpose", "provider", "budget")

    def __init__(self, *given: Any, workspaces: QuerySet[Workspace], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["template"] = forms.ChoiceField(
            required=False,
            label=gettext("Template"),
            choices=[
                ("", gettext("none: an empty swarm")),
                *((row.name, f"{row.title}") for row in catalog().list_templates()),
            ],
            help_text=gettext(
                "A template brings agents and their first tasks. Without an input folder it takes its samples."
            ),
        )
        self.fields["workspace"] = forms.ModelChoiceField(workspaces, label=gettext("Workspace"), empty_label=None)
        if len(workspaces) == 1:
            self.fields["workspace"].widget = forms.HiddenInput()
            self.initial.setdefault("workspace", workspaces[0].pk)
        self.order_fields(self.field_order)


class EditSwarmForm(SwarmForm):
    """A swarm's fields with its policy, one choice for each tool."""

    def __init__(self, *given: Any, swarm: Swarm, **named: Any) -> None:
        values = {name: getattr(swarm, name) for name in ("name", "purpose", "input_folder", "provider")}
        values["budget"] = None if swarm.budget_nanos is None else Decimal(swarm.budget_nanos) / DOLLAR
        super().__init__(*given, initial=values, **named)
        for tool in list_tools():
            self.fields[f"policy-{tool.name}"] = forms.ChoiceField(
                required=False,
                label=tool.name,
                initial=swarm.policy.get(tool.name, OF_ITS_KIND),
                help_text=gettext(tool.description),
                choices=[
                    (OF_ITS_KIND, _say_default(tool)),
                    ("allow", gettext("allow")),
                    ("ask", gettext("ask a person first")),
                    ("refuse", gettext("refuse")),
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
        values = {name: value for name, value in self.values().items() if not name.startswith("policy-")}
        chosen = {name: value for name, value in self.cleaned_data.items() if name.startswith("policy-") and value}
        return values | {"policy": {name.removeprefix("policy-"): value for name, value in chosen.items()}}
