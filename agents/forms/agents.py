"""Forms of agents."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents.forms.fields import ProviderField, WordsField
from agents.models import Agent
from agents.tools.registry import list_tools

FIELDS = ("name", "role", "instructions", "capabilities", "tools", "provider", "max_active")


class AgentForm(forms.Form):
    """What an agent is; the same fields make one and change one."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Unique in its swarm; mail is addressed by it."))
    role = forms.CharField(label=_("Role"), required=False, max_length=200, help_text=_("What it is, in one line."))
    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("What it is told before each task. A change makes a new version."),
    )
    capabilities = WordsField(
        label=_("Capabilities"),
        required=False,
        help_text=_("Words such as read, summarise. It gets tasks whose needs are all among them."),
        widget=forms.TextInput(attrs={"placeholder": _("read, summarise"), "autocapitalize": "none"}),
    )
    max_active = forms.IntegerField(
        label=_("Tasks at once"),
        min_value=1,
        max_value=1000,
        initial=1,
        help_text=_("How many it may work on at the same time."),
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["tools"] = forms.MultipleChoiceField(
            required=False,
            label=gettext("Tools"),
            choices=[(tool.name, f"{tool.name}: {gettext(tool.description)}") for tool in list_tools()],
            widget=forms.CheckboxSelectMultiple,
            help_text=gettext("It can do nothing else. The swarm's policy may still ask a person first."),
        )
        self.fields["provider"] = ProviderField(empty=gettext("the swarm's"))
        self.order_fields(FIELDS)


class EditAgentForm(AgentForm):
    """An agent's fields, with the version they were read from."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *given: Any, agent: Agent, **named: Any) -> None:
        values = {name: getattr(agent, name) for name in (*FIELDS, "version")}
        super().__init__(*given, initial=values, **named)
