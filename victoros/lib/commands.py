"""What all `victor` commands share: sub-commands, `--json`, `--as`, errors and exit codes.

Plain argparse: the typed wrappers over it add a quarter of a second to every start.
To write a command, make `victoros/management/commands/noun.py`:

    class Command(VictorCommand):
        help = "Create, list and show swarms."

        def add_acts(self, acts: Acts) -> None:
            create = acts.add("create", self.create, "make a swarm")
            create.add_argument("name")
            create.add_argument("--purpose", default="", help="what it is for")
            add_paging(acts.add("list", self.list_swarms, "list swarms"))

        def create(self, name: str, purpose: str) -> Answer:
            swarm = create_swarm(actor=person(self.user), ...)
            return Answer(describe_row(swarm, status=swarm.desired_state), f"{swarm.pk}")

        def list_swarms(self, after: int | None, limit: int) -> Answer:
            rows = visible_to(self.user, Swarm.objects.all(), "pk")
            return list_answer(list_rows(rows, describe, after=after, limit=limit), {"id": "id", "name": "name"})

An act gets the options that its parameters name. It returns an `Answer` (document for `--json`, text for people) or
raises a `VictorError`. A command without sub-commands overrides `add_options` and `act` instead of `add_acts`.
"""

import argparse
import inspect
import json
import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from victoros.lib.env import read_run_facts
from victoros.lib.errors import Category, InvalidInput, NotFound, VictorError
from victoros.lib.pipes import run_to_its_reader
from victoros.lib.rows import PAGE, Document
from victoros.lib.terminal import clean_for_terminal, make_table

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What a command says: one document for programs, one text for people."""

    document: Document
    text: str | Callable[[], str]
    """A function where the text costs more than programs that ask for the document should pay."""
    exit_code: int = 0


class UsageError(InvalidInput):
    """The words after the command make no sense."""


class Unexpected(VictorError):
    """An error nobody foresaw; its trace is in the log under the id."""

    category = Category.UNKNOWN


class DatabaseUnusable(VictorError):
    """The database cannot be asked."""

    category = Category.DATABASE


class UsageParser(argparse.ArgumentParser):
    """A parser that raises instead of printing, so that `--json` answers usage errors too."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError` with the usage line as the hint."""
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", hint=" ".join(self.format_usage().split()))


class Acts:
    """The sub-commands of one command."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(metavar="ACT", required=True, parser_class=UsageParser)

    def add(self, name: str, act: Callable[..., Answer], summary: str) -> argparse.ArgumentParser:
        """Add a sub-command that runs `act`; returns its parser for further arguments."""
        parser = self._parsers.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        parser.set_defaults(_act=act)
        _add_shared(parser, default=argparse.SUPPRESS)
        return parser


class VictorCommand(BaseCommand):
    """A `victor` command; see the top of the module."""

    requires_system_checks = []

    @cached_property
    def user(self) -> Any:
        """The person who acts: `--as`, else the first superuser, whose place whoever reaches this shell takes."""
        people = get_user_model().objects.filter(is_active=True)
        if self._as_name:
            user = people.filter(username=self._as_name).first()
            missing = f"There is no active person named {self._as_name!r}."
        else:
            user = people.filter(is_superuser=True).order_by("pk").first()
            missing = "There is nobody to act for yet."
        if user is None:
            raise NotFound(missing, hint=_("`./victor up` makes the first operator; --as takes a user name."))
        return user

    def add_acts(self, acts: Acts) -> None:
        """Add the sub-commands."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add arguments of a command without sub-commands."""

    act: Callable[..., Answer]
    """What a command without sub-commands does."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Build the parser anew: Django's own options would drown ours."""
        parser = UsageParser(prog=f"victor {subcommand.replace('_', '-')}", description=self.help, allow_abbrev=False)
        _add_shared(parser, default=None)
        parser.set_defaults(verbosity=1, no_color=True, force_color=False, skip_checks=True, traceback=False)
        if hasattr(self, "act"):
            self.add_options(parser)
            parser.set_defaults(_act=self.act)
        else:
            self.add_acts(Acts(parser))
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """Parse, run, print one answer or one error, and exit with a code that means something."""
        sys.exit(run_to_its_reader(lambda: self._run_safely(argv)))

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the chosen act and print its answer; the way in for `call_command`."""
        self._answer(options)

    def _run_safely(self, argv: list[str]) -> int:
        as_json = "--json" in argv
        try:
            options = vars(self.create_parser(argv[0], argv[1]).parse_args(argv[2:]))
            return self._answer(options)
        except VictorError as error:
            return self._print_error(error, as_json)
        except DatabaseError as error:
            hint = "Run `./victor doctor`; `./victor up` makes and updates the tables."
            return self._print_error(DatabaseUnusable(f"The database cannot be used: {error}.", hint=hint), as_json)
        except KeyboardInterrupt:
            return 130
        except BrokenPipeError:
            raise
        except Exception as error:
            unexpected = Unexpected(f"{type(error).__name__}: {error}", hint="Please report it with the trace above.")
            log.exception("%s", unexpected.id)
            return self._print_error(unexpected, as_json)

    def _answer(self, options: Mapping[str, Any]) -> int:
        self._as_name: str | None = options.get("as_name")
        act: Callable[..., Answer] = options["_act"]
        wanted = inspect.signature(act).parameters
        answer = act(**{name: options[name] for name in wanted})
        self.stdout.write(_as_json(answer.document) if options.get("json") else _as_text(answer))
        return answer.exit_code

    def _print_error(self, error: VictorError, as_json: bool) -> int:
        if as_json:
            self.stdout.write(_as_json({"error": error.as_dict()}))
        else:
            lines = [f"victor: {error.message}", error.hint, f"({error.category}, {error.id})"]
            self.stderr.write(clean_for_terminal("\n".join(line for line in lines if line)))
        return error.exit_code


def list_answer(page: Document, columns: Mapping[str, str], *, empty: str = "There is nothing to list.") -> Answer:
    """Make the answer of a list from `list_rows`; `columns` maps headings to the items' field names."""
    if not page["items"]:
        return Answer(page, empty)
    return Answer(page, lambda: _draw_page(page, columns))


def add_paging(parser: argparse.ArgumentParser) -> None:
    """Add `--after` and `--limit`."""
    parser.add_argument(
        "--after", type=int, metavar="ID", help="show what comes after this id (`next` of the page before)"
    )
    parser.add_argument("--limit", type=int, default=PAGE, help=f"items on a page, 1 to 1000 (default {PAGE})")


def page_address(path: str) -> str:
    """Return the address of a page on the running site, or its path alone when `up` does not run."""
    return f"{read_run_facts(settings.VICTOR_HOME).get('url', '')}{path}"


def _draw_page(page: Document, columns: Mapping[str, str]) -> str:
    items, total, following = page["items"], page["total"], page["next"]
    lines = [make_table(list(columns), ([item[field] for field in columns.values()] for item in items))]
    if following is not None or len(items) < total:
        lines.append(f"{len(items):,} of {total:,}" + (f"; more with --after {following}" if following else ""))
    return "\n".join(lines)


def _add_shared(parser: argparse.ArgumentParser, default: Any) -> None:
    """Options that may stand before or after the sub-command; the later parser must not undo the earlier one."""
    parser.add_argument(
        "--json",
        action="store_true",
        default=default,
        help="print one JSON document and nothing else on standard output",
    )
    parser.add_argument("--as", dest="as_name", metavar="USERNAME", default=default, help="act as this person")


def _as_text(answer: Answer) -> str:
    return answer.text if isinstance(answer.text, str) else answer.text()


def _as_json(document: Document) -> str:
    return json.dumps(document, cls=DjangoJSONEncoder, indent=2)
