"""The rows of the agents app."""

from agents.models.access import (
    SignInLink,
    SwarmGroupObjectPermission,
    SwarmUserObjectPermission,
    WorkspaceGroupObjectPermission,
    WorkspaceUserObjectPermission,
)
from agents.models.agent import Agent
from agents.models.memory import Memory
from agents.models.message import Message
from agents.models.onboarding import Checklist, LessonRun, Setup
from agents.models.provider import Provider
from agents.models.swarm import Swarm
from agents.models.version import AgentVersion
from agents.models.view import SavedView
from agents.models.workspace import Workspace

__all__ = [
    "Agent",
    "AgentVersion",
    "Checklist",
    "LessonRun",
    "Memory",
    "Message",
    "Provider",
    "SavedView",
    "Setup",
    "SignInLink",
    "Swarm",
    "SwarmGroupObjectPermission",
    "SwarmUserObjectPermission",
    "Workspace",
    "WorkspaceGroupObjectPermission",
    "WorkspaceUserObjectPermission",
]
