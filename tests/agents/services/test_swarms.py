"""Making and changing swarms."""

from pathlib import Path

import pytest
from pytest_django import Settings

from agents.models import Swarm
from agents.services.swarms import change_swarm, create_swarm
from audit.models import Entry, Topic
from tests.agents.factories import OPERATOR, make_swarm, make_workspace
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


def test_a_new_swarm_has_a_folder_an_entry_and_moved_topics() -> None:
    swarm = create_swarm(actor=OPERATOR, workspace=make_workspace(), name="  Night desk ")

    assert swarm.name == "Night desk"
    assert swarm.folder.is_dir()
    entry = Entry.objects.get(kind="swarm.created")
    assert (entry.object_ref, entry.swarm_ref, entry.actor_name) == (swarm.pk, swarm.pk, "tester")
    assert set(Topic.objects.values_list("name", flat=True)) >= {"swarms", f"swarm:{swarm.pk}", "audit"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "two\nlines", "bell\x07"])
def test_an_unusable_name_is_refused_and_leaves_nothing(name: str) -> None:
    workspace = make_workspace()

    with pytest.raises(InvalidInput):
        create_swarm(actor=OPERATOR, workspace=workspace, name=name)

    assert not Swarm.objects.exists()
    assert not Entry.objects.exists()


def test_two_swarms_of_one_workspace_cannot_share_a_name() -> None:
    first = make_swarm("Desk")

    with pytest.raises(Conflict, match="already a swarm named Desk"):
        make_swarm("Desk", workspace=first.workspace)


def test_two_workspaces_may_have_swarms_of_the_same_name() -> None:
    assert make_swarm("Desk").pk != make_swarm("Desk").pk


def test_the_input_folder_must_exist(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("reports")
    assert make_swarm(input_folder=str(folder)).input_folder == str(folder)

    for bad in (folder / "missing", "reports"):
        with pytest.raises(InvalidInput, match="There is no folder"):
            make_swarm(input_folder=str(bad))


def test_the_input_folder_cannot_be_where_our_secrets_are(home: Path) -> None:
    (home / "swarms").mkdir()

    for bad in (home, home.parent, home / "swarms", "/"):
        with pytest.raises(InvalidInput, match="own state"):
            make_swarm(input_folder=str(bad))


def test_with_input_roots_only_folders_below_them_and_shipped_ones_are_read(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings
) -> None:
    folder = tmp_path_factory.mktemp("reports")
    settings.VICTOR_INPUT_ROOTS = ["/srv/documents"]

    with pytest.raises(InvalidInput, match="not below a folder that swarms may read"):
        make_swarm(input_folder=str(folder))
    assert make_swarm(input_folder=f"{settings.BASE_DIR}/agents/catalog/desk/samples").input_folder

    settings.VICTOR_INPUT_ROOTS = [str(folder.parent)]
    assert make_swarm(input_folder=str(folder)).input_folder == str(folder)


def test_a_change_is_recorded_with_the_fields_it_changed() -> None:
    swarm = make_swarm("Desk")

    changed = change_swarm(actor=OPERATOR, swarm=swarm, name="Desk", purpose="Read the reports.")

    assert changed.purpose == "Read the reports."
    assert Entry.objects.get(kind="swarm.changed").detail == {"fields": ["purpose"]}


def test_a_change_that_changes_nothing_leaves_no_entry() -> None:
    change_swarm(actor=OPERATOR, swarm=make_swarm("Desk"), name="Desk")

    assert not Entry.objects.filter(kind="swarm.changed").exists()


def test_a_policy_names_known_tools_and_words() -> None:
    assert make_swarm(policy={"send_mail": "ask"}).policy == {"send_mail": "ask"}

    with pytest.raises(InvalidInput, match="no tool named"):
        make_swarm(policy={"teleport": "ask"})
    with pytest.raises(InvalidInput, match="policy for send_mail"):
        make_swarm(policy={"send_mail": "perhaps"})


def test_an_archived_swarm_is_not_changed() -> None:
    swarm = make_swarm()
    Swarm.objects.filter(pk=swarm.pk).update(archived_at=swarm.created_at)

    with pytest.raises(Conflict, match="archived"):
        change_swarm(actor=OPERATOR, swarm=swarm, name="Other")
