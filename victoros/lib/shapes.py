"""Status as shape + word + tone: which of the few shapes and tones each status word gets."""

from typing import NamedTuple


class Look(NamedTuple):
    """The symbol (see templates/_shapes.html) and the tone (see static/css/components.css) of a status."""

    shape: str
    tone: str


UNKNOWN = Look("dashed", "off")
LOOKS: dict[str, Look] = {
    # agents
    "initializing": Look("dashed", "off"),
    "idle": Look("ring", "off"),
    "busy": Look("half", "busy"),
    "waiting": Look("triangle", "wait"),
    "error": Look("cross", "bad"),
    "offline": Look("dashed", "bad"),
    "paused": Look("bars", "off"),
    "shutting_down": Look("half", "off"),
    "stopped": Look("square", "off"),
    "retired": Look("square", "off"),
    # tasks and attempts
    "backlog": Look("dot", "off"),
    "ready": Look("ring", "busy"),
    "in_progress": Look("half", "busy"),
    "running": Look("half", "busy"),
    "active": Look("half", "busy"),
    "silent": Look("dashed", "bad"),
    "blocked": Look("triangle", "wait"),
    "completed": Look("check", "good"),
    "verified": Look("seal", "good"),
    "failed": Look("cross", "bad"),
    "cancelled": Look("square", "off"),
    "quarantined": Look("octagon", "bad"),
    # approvals, questions and attention
    "pending": Look("triangle", "wait"),
    "open": Look("triangle", "wait"),
    "approval": Look("triangle", "wait"),
    "question": Look("triangle", "wait"),
    "uncertain_effect": Look("triangle", "bad"),
    "unable": Look("triangle", "bad"),
    "not_stopped": Look("triangle", "bad"),
    "over_budget": Look("triangle", "bad"),
    "dead_letter": Look("cross", "bad"),
    "stalled": Look("dashed", "bad"),
    "approved": Look("seal", "good"),
    "answered": Look("check", "good"),
    "rejected": Look("cross", "bad"),
    "expired": Look("dashed", "off"),
    "withdrawn": Look("square", "off"),
    "standing": Look("ring", "busy"),
    "revoked": Look("square", "off"),
    "used_up": Look("check", "off"),
    # mail
    "held": Look("triangle", "wait"),
    "delivered": Look("ring", "busy"),
    "read": Look("check", "off"),
    "acknowledged": Look("seal", "good"),
    # steps, effects, cells, probes
    "done": Look("seal", "good"),
    "intended": Look("half", "wait"),
    "alive": Look("seal", "good"),
    "draining": Look("half", "off"),
    "ended": Look("square", "off"),
    "dead": Look("cross", "bad"),
    "ok": Look("seal", "good"),
    # facts
    "yes": Look("fact-yes", "good"),
    "late": Look("fact-late", "wait"),
    "no": Look("fact-no", "bad"),
    "unknown": UNKNOWN,
}


def look_of(status: str) -> Look:
    """Return how a status word looks; an unknown word gets the dashed ring."""
    return LOOKS.get(status.replace(" ", "_"), UNKNOWN)
