"""Reading what this web process was told when it started, and by whom. Secrets never leave this module."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from victoros.dashboard.site_settings.engine import ENGINE
from victoros.dashboard.site_settings.site import PLACES, REST
from victoros.dashboard.site_settings.words import ADDRESS, SECRET, Group, Setting
from victoros.lib.env import handed_down, read_run_facts
from victoros.lib.host import name_of, this_host

GROUPS: tuple[Group, ...] = (*PLACES, *ENGINE, *REST)
FILES = {"VICTOR_SECRET_KEY": "secret_key", "VICTOR_VAPID_KEY": "vapid_key"}
"""Settings that are kept in the home where the environment does not name them."""
FACTS = {"VICTOR_DATABASE_URL": "database_url", "VICTOR_REDIS_URL": "redis_url", "VICTOR_LLM_URL": "llm_url"}
"""Settings that a process outside of `up` finds in run.json."""
MASK = "•••"
ORIGINS = {
    "environment": _("environment"),
    "up": _("./victor up"),
    "file": _("file"),
    "default": _("default"),
}


@dataclass(frozen=True)
class Told:
    """One setting as it holds now."""

    setting: Setting
    text: str
    """What the page shows; empty where nothing was said and the default's words say it better."""
    origin: str
    """`environment`, `up` (chosen by it, or an option of it), `file` or `default`."""
    file: str = ""

    @property
    def is_set(self) -> bool:
        """Whether somebody said it, rather than the default."""
        return self.origin != "default"

    @property
    def is_secret(self) -> bool:
        """Whether the page only says that there is one."""
        return self.setting.kind == SECRET

    @property
    def says(self) -> Any:
        """Where the value comes from, in words."""
        return ORIGINS[self.origin]


@dataclass(frozen=True)
class ToldGroup:
    """The settings of one group that the reader asked for."""

    group: Group
    rows: list[Told]


def read_settings(words: str = "", *, only_set: bool = False) -> list[ToldGroup]:
    """Return the settings whose name or meaning holds each of the words, by group. No query."""
    facts = read_run_facts(settings.VICTOR_HOME)
    found = [ToldGroup(group, list(_choose(group.settings, words, only_set, facts))) for group in GROUPS]
    return [group for group in found if group.rows]


def read_begin() -> datetime:
    """Return when this process started, which is when it read its settings."""
    return datetime.fromtimestamp(psutil.Process().create_time(), UTC)


def mask_address(text: str) -> str:
    """Return an address without its password, and without what follows it; one that cannot be taken apart is not shown."""
    head, _question, query = text.partition("?")
    head, _hash, rest = head.partition("#")
    try:
        parts = urlsplit(head)
        user, at, host = parts.netloc.rpartition("@")
        _port = urlsplit(f"//{host}").port
    except ValueError:
        return MASK
    if "@" in f"{parts.path}{query}{rest}" or not parts.scheme:
        return MASK
    if at and f"{user}@" not in head:  # urlsplit lets line ends go by: what it read is not what stands there
        return MASK
    if at:
        name, colon, _password = user.partition(":")
        head = head.replace(f"{user}@", f"{f'{name}:{MASK}' if colon else MASK}@", 1)
    return f"{head}?{MASK}" if query else head


def _choose(known: Iterable[Setting], words: str, only_set: bool, facts: dict[str, Any]) -> Iterable[Told]:
    wanted = words.lower().split()
    for setting in known:
        text = f"{setting.name} {setting.name.replace('_', ' ')} {setting.meaning}".lower()
        if all(word in text for word in wanted):
            told = _tell(setting, facts)
            if told.is_set or not only_set:
                yield told


def _tell(setting: Setting, facts: dict[str, Any]) -> Told:
    origin, file = _find_origin(setting.name, facts)
    if setting.kind == SECRET:
        return Told(setting, "", origin, file)
    value = _value_of(setting)
    text = _say(value)
    return Told(setting, mask_address(text) if text and setting.kind == ADDRESS else text, origin, file)


def _find_origin(name: str, facts: dict[str, Any]) -> tuple[str, str]:
    if os.environ.get(name):
        return ("up" if name in handed_down() else "environment"), ""
    file = FILES.get(name)
    if file and (Path(settings.VICTOR_HOME) / file).exists():
        return "file", str(Path(settings.VICTOR_HOME) / file)
    if facts.get(FACTS.get(name, "")):
        return "file", str(Path(settings.VICTOR_HOME) / "run.json")
    return "default", ""


def _value_of(setting: Setting) -> Any:
    if setting.name == "VICTOR_LOG_LEVEL":
        return logging.getLevelName(logging.getLogger().level)
    if setting.name == "VICTOR_HOST_NAME":
        return name_of(this_host())
    name = setting.read or setting.name
    return getattr(settings, name) if hasattr(settings, name) else os.environ.get(name, "")


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
