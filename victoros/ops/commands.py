"""The list of commands as `./victor --help` shows it. Standard library only: the help must not load Django."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Command:
    """One word after `victor`."""

    name: str
    summary: str
    runs_in: str = "manage"
    """`manage`: a management command of the same name; `ops`: a command of victoros.ops, which starts without Django."""
    needs: str = "runtime"
    """`runtime` or `dev`: which set of packages must be installed first."""


GROUPS: dict[str, tuple[Command, ...]] = {
    "Run": (
        Command("up", "start everything in the foreground; Ctrl-C ends it", "ops"),
        Command("worker", "work on this host for pages on another one; Ctrl-C ends it", "ops"),
        Command("status", "say what runs, and count swarms and tasks", "ops"),
        Command("doctor", "check the installation and say what to do about each finding", "ops"),
        Command("tidy", "let go of what was kept long enough, and put kept counts and the search right"),
        Command("sign-in-link", "print a link that signs one person in once"),
    ),
    "Work": (
        Command("swarm", "create, list, show, start, pause and stop swarms"),
        Command("agent", "create, list, show, pause, resume and stop agents"),
        Command("task", "create, list, show, wait for, cancel and retry tasks"),
        Command("mail", "list and send messages"),
        Command("approval", "list, approve and reject what waits for a person"),
        Command("notify", "list devices that are told, try them out, show the push key"),
        Command("audit", "list who did what, and when"),
        Command("person", "add people and list who there is"),
        Command("provider", "add, list and test language-model providers"),
        Command("demo", "fill the installation with sample data, and take it away again"),
    ),
    "Develop": (
        Command("test", "run the tests on SQLite and PostgreSQL", "ops", "dev"),
        Command("verify", "run the whole gate: format, lint, types, contracts, checks, tests", "ops", "dev"),
        Command("lock", "make the lock files anew from requirements/*.in", "ops", "dev"),
        Command("chaos", "kill, freeze and cut off processes, and check what came of the work", "ops", "dev"),
        Command("screenshots", "make the pictures of the pages for README and docs", "ops", "dev"),
        Command("translate", "bring the catalogues of translations up to date with the texts"),
        Command("bench", "measure speed: ./victor bench --help lists the benches"),
    ),
}
COMMANDS = {command.name: command for group in GROUPS.values() for command in group}


def describe_commands() -> str:
    """Return the text of `./victor --help`."""
    lines = [
        "Victor.os: the control room for a swarm of language-model agents.",
        "",
        "usage: ./victor COMMAND [options]",
    ]
    for title, commands in GROUPS.items():
        lines += ["", title, *(f"  {command.name:<14}{command.summary}" for command in commands)]
    return "\n".join([*lines, "", "./victor COMMAND --help tells the options. Start with: ./victor up"])


def suggest_command(word: str) -> str:
    """Return one line about a word that is no command."""
    near = get_close_matches(word, COMMANDS, n=1)
    advice = f"Did you mean: ./victor {near[0]}" if near else "./victor --help lists the commands."
    return f"There is no command {word!r}. {advice}"
