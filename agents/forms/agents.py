"""Forms of agents."""

from typing import Any

from django import forms

from agents.forms.fields import ProviderField, WordsField
from agents.models import Agent
from agents.tools.registry import list_tools

FIELDS = ("name", "role", "instructions", "capabilities", "tools", "provider", "max_active")


class AgentForm(forms.Form):
    """What an agent is; the same fields make one and change one."""

    name = forms.CharField(max_length=80, help_text="Unique in its swarm; mail is addressed by it.")
    role = forms.CharField(required=False, max_length=200, help_text="What it is, in one line.")
    instructions = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="What it is told before each task. A change makes a new version.",
    )
    capabilities = WordsField(
        required=False,
        help_text="Words such as read, summarise. It gets tasks whose needs are all among them.",
        widget=forms.TextInput(attrs={"placeholder": "read, summarise", "autocapitalize": "none"}),
    )
    max_active = forms.IntegerField(
        label="Tasks at once",
        min_value=1,
        max_value=1000,
        initial=1,
        help_text="How many it may work on at the same time.",
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["tools"] = forms.MultipleChoiceField(
            required=False,
            choices=[(tool.name, f"{tool.name}: {tool.description}") for tool in list_tools()],
            widget=forms.CheckboxSelectMultiple,
            help_text="It can do nothing else. The swarm's policy may still ask a person first.",
        )
        self.fields["provider"] = ProviderField(empty="the swarm's")
        self.order_fields(FIELDS)


class EditAgentForm(AgentForm):
    """An agent's fields, with the version they were read from."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *given: Any, agent: Agent, **named: Any) -> None:
        values = {name: getattr(agent, name) for name in (*FIELDS, "version")}
        super().__init__(*given, initial=values, **named)
