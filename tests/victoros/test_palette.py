"""The palette offers what the reader may go to, do and see, and nothing else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Swarm
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_task, make_tasks
from victoros.dashboard.palette import MOST, Offer, find_offers

pytestmark = pytest.mark.django_db


def labels(offers: list[Offer], group: str = "") -> list[str]:
    return [str(offer.label) for offer in offers if not group or offer.group == group]


def test_without_words_it_offers_every_place_and_act() -> None:
    offers = find_offers(make_user(superuser=True), "")
    assert labels(offers, "Go")[:2] == ["Board", "Needs me"]
    assert {"New task", "New swarm", "Stop everything…", "Keys"} <= set(labels(offers, "Do"))


def test_a_viewer_is_offered_nothing_to_change() -> None:
    offers = find_offers(make_user("viewer", make_swarm()), "")
    assert labels(offers, "Do") == ["Keys", "Learn: tutorials, and what each page is for", "Your account"]


def test_an_operator_is_offered_work_but_no_new_swarm() -> None:
    offers = find_offers(make_user("operator", make_swarm()), "new")
    assert labels(offers, "Do") == ["New task"]


def test_words_find_rows_by_all_of_them_in_any_order() -> None:
    swarm = make_swarm("Night desk")
    agent = make_agent(swarm, "harbour reader")
    task = make_task(swarm, title="Summarise the harbour report")
    make_task(swarm, title="Summarise the weather")
    user = make_user("viewer", swarm)
    assert labels(find_offers(user, "report harb")) == [task.title]
    assert labels(find_offers(user, "harbour")) == [agent.name, task.title]
    assert labels(find_offers(user, "night"), "Swarms") == [swarm.name]


def test_a_number_finds_the_task_with_that_id() -> None:
    task = make_task()
    user = make_user(superuser=True)
    assert labels(find_offers(user, f"#{task.pk}"), "Tasks") == [task.title]
    assert labels(find_offers(user, "#999999"), "Tasks") == []


def test_what_the_reader_may_not_see_is_not_found() -> None:
    task = make_task(make_swarm("Nobody's"), title="Nobody else's business")
    stranger = make_user("viewer", make_swarm("Elsewhere"))
    assert find_offers(stranger, "nobody") == []
    assert find_offers(stranger, str(task.pk)) == []


def test_the_number_of_queries_does_not_grow_with_the_rows() -> None:
    swarm = make_swarm()
    first, second = make_user("viewer", swarm), make_user("viewer", swarm)
    make_tasks(swarm, 3)
    with CaptureQueriesContext(connection) as few:
        find_offers(first, "task")
    make_tasks(swarm, 100)
    with CaptureQueriesContext(connection) as many:
        found = find_offers(second, "task")
    assert len(few) == len(many)
    assert len(labels(found, "Tasks")) == MOST


def test_without_script_it_is_a_page(client: Client) -> None:
    client.force_login(make_user(superuser=True))
    task = make_task(title="Summarise the harbour report")
    text = client.get("/find/?q=harbour").text
    assert "<h1>" in text
    assert f'href="/tasks/{task.pk}/"' in text
    assert "Nothing fits" in client.get("/find/?q=zzz").text


def test_the_palette_gets_the_list_alone(client: Client) -> None:
    client.force_login(make_user(superuser=True))
    text = client.get("/find/?q=board", headers={"HX-Request": "true"}).text
    assert "<h1>" not in text
    assert 'role="option"' in text


def test_every_key_of_a_place_is_on_the_page_of_keys(client: Client) -> None:
    client.force_login(make_user())
    text = client.get("/keys/").text
    assert "<kbd>g t</kbd>" in text
    assert "<kbd>?</kbd>" in text


def test_a_look_is_kept_in_the_browser_and_can_be_taken_back(client: Client) -> None:
    client.force_login(make_user())
    client.post("/account/look/", {"look": "dark"})
    assert 'data-look="dark"' in client.get("/keys/").text
    client.post("/account/look/", {"look": "system"})
    assert 'data-look="system"' in client.get("/keys/").text


def test_an_unknown_look_is_refused(client: Client) -> None:
    client.force_login(make_user())
    assert client.post("/account/look/", {"look": "neon"}).status_code == 400
    client.cookies["victor_look"] = '"><script>'
    assert 'data-look="system"' in client.get("/keys/").text


def acts(offers: list[Offer]) -> dict[str, str]:
    return {str(offer.label): offer.url for offer in offers if offer.in_dialog}


def test_a_verb_offers_its_acts_on_what_the_other_words_name() -> None:
    swarm = make_swarm("Night desk")
    agent, other = make_agent(swarm, "Checker"), make_agent(swarm, "Reader")
    user = make_user("operator", swarm)

    assert acts(find_offers(user, "stop checker")) == {"Stop Checker…": f"/agents/{agent.pk}/control/?act=stop"}
    assert acts(find_offers(user, "night pau")) == {"Pause Night desk…": f"/swarms/{swarm.pk}/control/?act=pause"}
    assert set(acts(find_offers(user, "pause"))) == {"Pause Night desk…", "Pause Checker…", "Pause Reader…"}
    assert acts(find_offers(user, "start")) == {}
    Agent.objects.filter(pk=other.pk).update(desired_state="paused", status="paused")
    assert acts(find_offers(user, "start")) == {"Resume Reader…": f"/agents/{other.pk}/control/?act=resume"}
    assert "Stop everything…" in acts(find_offers(user, "stop"))


def test_acts_on_rows_are_for_who_may_operate_them() -> None:
    swarm = make_swarm("Night desk")
    make_agent(swarm, "Checker")
    for user in (make_user("viewer", swarm), make_user("operator", make_swarm("Elsewhere"))):
        assert acts(find_offers(user, "stop checker")) == {}
        assert "Pause Night desk…" not in acts(find_offers(user, "pause"))


def test_two_letters_are_no_verb_and_what_is_gone_is_not_offered() -> None:
    swarm = make_swarm("Old desk")
    user = make_user("operator", swarm)
    assert "Pause Old desk…" not in acts(find_offers(user, "pa"))
    Swarm.objects.filter(pk=swarm.pk).update(archived_at=timezone.now())
    assert acts(find_offers(user, "pause old")) == {}


def test_an_act_of_the_palette_leads_to_its_question(client: Client) -> None:
    swarm = make_swarm("Night desk")
    client.force_login(make_user("operator", swarm))
    [url] = acts(find_offers(make_user("operator", swarm), "stop night")).values()
    assert "Stop" in client.get(url).text
    assert client.get(url).status_code == 200
