"""The mail room."""

from django.urls import reverse

from agents.models import Message
from agents.services.agents import retire_agent
from audit.actors import agent as agent_actor
from audit.models import AttentionItem
from tests.agents.factories import OPERATOR, make_agent, make_message, make_swarm
from tests.agents.pages.conftest import Cast

LETTER = {"kind": "inform", "subject": "Hello", "body": "**Bold**", "priority": 0, "once": "abc"}


def compose_url(cast: Cast) -> str:
    return f"{reverse('mail_compose')}?swarm={cast.swarm.pk}"


def test_an_operator_writes_in_their_own_name(cast: Cast) -> None:
    answer = cast.operator.post(compose_url(cast), {**LETTER, "recipient": cast.agent.pk})

    message = Message.objects.get()
    assert answer.headers["Location"] == reverse("mail_view", args=[message.pk])
    assert message.sender_user == answer.wsgi_request.user
    assert message.recipient == cast.agent


def test_the_form_sent_twice_delivers_one_letter(cast: Cast) -> None:
    for _ in range(2):
        cast.operator.post(compose_url(cast), {**LETTER, "recipient": cast.agent.pk})

    assert Message.objects.count() == 1


def test_the_form_sent_twice_gets_the_same_answer_though_its_reader_retired(cast: Cast) -> None:
    words = {**LETTER, "recipient": cast.agent.pk}
    first = cast.operator.post(compose_url(cast), words)
    retire_agent(actor=OPERATOR, agent=cast.agent)

    again = cast.operator.post(compose_url(cast), words)
    make_agent(cast.swarm, "Heir")
    other = cast.operator.post(compose_url(cast), {**words, "once": "other"})

    assert (again.status_code, again["Location"]) == (302, first["Location"])
    assert (other.status_code, "Reader is retired and reads no mail." in other.text) == (422, True)
    assert Message.objects.count() == 1


def test_an_agent_of_another_swarm_cannot_be_addressed(cast: Cast) -> None:
    other = make_agent()

    answer = cast.operator.post(compose_url(cast), {**LETTER, "recipient": other.pk})

    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_an_answer_is_addressed_to_the_sender_and_stands_in_the_thread(cast: Cast) -> None:
    asked = make_message(
        swarm=cast.swarm,
        actor=agent_actor(cast.agent.pk, "Reader"),
        kind="question",
        subject="Which format?",
        task_ref=7,
    )
    url = f"{reverse('mail_compose')}?reply_to={asked.pk}"

    form = cast.operator.get(url).context["form"]
    cast.operator.post(url, {**LETTER, "subject": form.initial["subject"], "recipient": form.initial["recipient"]})

    answer = Message.objects.get(reply_to=asked)
    assert (answer.subject, answer.recipient, answer.task_ref) == ("Re: Which format?", cast.agent, 7)
    letters = cast.viewer.get(reverse("mail_view", args=[answer.pk])).context["thread"].letters
    assert letters == [asked, answer]


def test_a_letter_to_the_operators_is_acknowledged_by_one(cast: Cast) -> None:
    letter = make_message(swarm=cast.swarm)
    url = reverse("mail_acknowledge", args=[letter.pk])

    assert cast.viewer.post(url).status_code == 403
    assert cast.operator.get(url).status_code == 405
    assert cast.operator.post(url).status_code == 302
    letter.refresh_from_db()
    assert letter.status == "acknowledged"


def test_a_dead_letter_is_found_and_sent_on(cast: Cast) -> None:
    heir = make_agent(cast.swarm, "Heir")
    letter = make_message(cast.agent, subject="Numbers")
    retire_agent(actor=OPERATOR, agent=cast.agent)

    page = cast.operator.get(reverse("mail_room"), {"state": "lost"}).context["page"]
    assert (page.rows, page.lost) == ([letter], 1)

    cast.operator.post(reverse("mail_redirect", args=[letter.pk]), {"recipient": heir.pk})
    assert Message.objects.get(recipient=heir).subject == "Fwd: Numbers"
    assert AttentionItem.objects.get().status == "answered"


def test_the_room_filters_by_swarm_agent_and_words(cast: Cast) -> None:
    make_message(cast.agent, subject="Numbers")
    make_message(swarm=cast.swarm, subject="For people")
    other = make_swarm("Other", workspace=cast.swarm.workspace)
    make_message(swarm=other, subject="Elsewhere")

    def subjects(**query: str | int) -> list[str]:
        return [row.subject for row in cast.viewer.get(reverse("mail_room"), query).context["page"].rows]

    assert subjects() == ["Elsewhere", "For people", "Numbers"]
    assert subjects(swarm=cast.swarm.pk) == ["For people", "Numbers"]
    assert subjects(agent=cast.agent.pk) == ["Numbers"]
    assert subjects(q="numb") == ["Numbers"]


def test_what_agents_write_is_rendered_and_harmless(cast: Cast) -> None:
    letter = make_message(
        cast.agent, subject="<i>x</i>", body="**Bold** <script>alert(1)</script> ![x](http://spy.example)"
    )

    body = cast.viewer.get(reverse("mail_view", args=[letter.pk])).content.decode()

    assert "<strong>Bold</strong>" in body
    assert "<script>alert" not in body
    assert "<img" not in body
    assert "<i>x</i>" not in body


def test_letters_name_their_swarm_where_there_are_several(cast: Cast) -> None:
    make_message(cast.agent, subject="Numbers")
    named = '<span class="dim">Desk</span>'

    assert named not in cast.viewer.get("/mail/").text
    make_swarm("Press", workspace=cast.swarm.workspace)
    assert named in cast.viewer.get("/mail/").text
    assert named not in cast.viewer.get(f"/mail/?swarm={cast.swarm.pk}").text
