"""Which state may follow which, for agents and messages. Tasks and attempts have theirs in `tasks.states`."""

from victoros.lib.states import machine

MESSAGE = machine(
    "message",
    held="delivered dead",
    delivered="held read acknowledged expired dead",
    read="acknowledged dead",
    acknowledged="",
    expired="",
    dead="",
)
"""Only what nobody has read can be held. A read letter no longer expires; it dies when its acknowledgement is overdue."""

DESIRED = machine("desired state", running="paused stopped", paused="running stopped", stopped="running")
"""What people want of a swarm or an agent."""

AGENT = machine(
    "agent",
    initializing="idle busy waiting error offline paused shutting_down stopped",
    idle="busy waiting error offline paused shutting_down stopped",
    busy="idle waiting error offline paused shutting_down stopped",
    waiting="idle busy error offline paused shutting_down stopped",
    error="idle busy waiting offline paused shutting_down stopped",
    offline="idle busy waiting error paused shutting_down stopped",
    paused="idle busy waiting error offline shutting_down stopped",
    shutting_down="idle busy waiting paused stopped",
    stopped="idle busy waiting error initializing",
)
"""What is observed of an agent; `tasks.transitions` derives it from its attempts."""
