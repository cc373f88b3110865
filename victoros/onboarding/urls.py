"""Addresses of what leads newcomers."""

from django.urls import URLPattern, path

from victoros.onboarding import learn, samples, setup

urlpatterns: list[URLPattern] = [
    path("setup/", setup.setup, name="setup"),
    path("setup/workspace/", setup.setup_workspace, name="setup_workspace"),
    path("setup/operator/", setup.setup_operator, name="setup_operator"),
    path("setup/model/", setup.setup_model, name="setup_model"),
    path("setup/model/verdict/", setup.setup_verdict, name="setup_verdict"),
    path("setup/model/test/", setup.setup_test, name="setup_test"),
    path("setup/swarm/", setup.setup_swarm, name="setup_swarm"),
    path("setup/done/", setup.setup_done, name="setup_done"),
    path("setup/skip/", setup.setup_skip, name="setup_skip"),
    path("setup/again/", setup.setup_again, name="setup_again"),
    path("first-steps/", learn.first_steps, name="first_steps"),
    path("first-steps/end/", learn.first_steps_end, name="first_steps_end"),
    path("learn/", learn.learn, name="learn"),
    path("learn/bar/", learn.learn_bar, name="learn_bar"),
    path("learn/leave/", learn.learn_leave, name="learn_leave"),
    path("learn/page/<slug:name>/", learn.learn_page, name="learn_page"),
    path("learn/<slug:name>/", learn.learn_lesson, name="learn_lesson"),
    path("learn/<slug:name>/start/", learn.learn_start, name="learn_start"),
    path("sample/fill/", samples.sample_fill, name="sample_fill"),
    path("sample/remove/", samples.sample_remove, name="sample_remove"),
]
