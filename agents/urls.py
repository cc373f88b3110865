"""Addresses of the pages about swarms, agents, mail and providers."""

from django.urls import URLPattern, path

from agents.mailroom import acts as mail_acts
from agents.mailroom import views as mail
from agents.views import agents, people, providers, saved, swarms

urlpatterns: list[URLPattern] = [
    path("swarms/", swarms.swarm_list, name="swarm_list"),
    path("swarms/new/", swarms.swarm_new, name="swarm_new"),
    path("swarms/<int:pk>/", swarms.swarm_view, name="swarm_view"),
    path("swarms/<int:pk>/edit/", swarms.swarm_edit, name="swarm_edit"),
    path("swarms/<int:pk>/people/", people.swarm_people, name="swarm_people"),
    path("agents/", agents.agent_list, name="agent_list"),
    path("agents/new/", agents.agent_new, name="agent_new"),
    path("agents/<int:pk>/", agents.agent_view, name="agent_view"),
    path("agents/<int:pk>/edit/", agents.agent_edit, name="agent_edit"),
    path("agents/<int:pk>/versions/", agents.agent_versions, name="agent_versions"),
    path("agents/<int:pk>/versions/use/", agents.agent_version_use, name="agent_version_use"),
    path("agents/<int:pk>/retire/", agents.agent_retire, name="agent_retire"),
    path("mail/", mail.mail_room, name="mail_room"),
    path("mail/new/", mail.mail_compose, name="mail_compose"),
    path("mail/<int:pk>/", mail.mail_view, name="mail_view"),
    path("mail/<int:pk>/send-on/", mail_acts.mail_redirect, name="mail_redirect"),
    path("mail/<int:pk>/send-again/", mail_acts.mail_replay, name="mail_replay"),
    path("mail/<int:pk>/acknowledge/", mail_acts.mail_acknowledge, name="mail_acknowledge"),
    path("mail/<int:pk>/hold/", mail_acts.mail_hold, name="mail_hold"),
    path("mail/<int:pk>/archive/", mail_acts.mail_archive, name="mail_archive"),
    path("mail/<int:pk>/restore/", mail_acts.mail_restore, name="mail_restore"),
    path("mail/<int:pk>/edit/", mail_acts.mail_edit, name="mail_edit"),
    path("mail/<int:pk>/release/", mail_acts.mail_release, name="mail_release"),
    path("mail/<int:pk>/withhold/", mail_acts.mail_withhold, name="mail_withhold"),
    path("swarms/<int:pk>/mail/", mail_acts.swarm_mail, name="swarm_mail"),
    path("views/new/", saved.view_new, name="view_new"),
    path("views/<int:pk>/edit/", saved.view_edit, name="view_edit"),
    path("views/<int:pk>/delete/", saved.view_delete, name="view_delete"),
    path("providers/", providers.provider_list, name="provider_list"),
    path("providers/new/", providers.provider_new, name="provider_new"),
    path("providers/<int:pk>/edit/", providers.provider_edit, name="provider_edit"),
    path("providers/<int:pk>/test/", providers.provider_test, name="provider_test"),
    path("providers/<int:pk>/default/", providers.provider_default, name="provider_default"),
]
