"""`/healthz` as a load balancer sees it, and the probe that waits for it."""

import socket
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from tests.running import wait_until
from victoros.ops.health import HealthProbe


@pytest.mark.django_db
def test_anybody_may_ask_and_learns_nothing_else(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_said(client: Client) -> None:
    with patch.object(connection, "cursor", side_effect=DatabaseError("gone")):
        assert client.get("/healthz").status_code == 503


@pytest.mark.parametrize(
    ("answer", "healthy"), [(b"HTTP/1.1 200 OK\r\n\r\n", True), (b"HTTP/1.1 503 No\r\n\r\n", False)]
)
def test_only_200_is_healthy(answer: bytes, healthy: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        probe = HealthProbe(
            "127.0.0.1", server.getsockname()[1], "/healthz", asked_for="victor.example.com", https=True
        )
        assert not probe.succeeds()
        peer, _ = server.accept()
        with peer:
            question = peer.recv(1000)
            peer.sendall(answer)
        assert b"Host: victor.example.com\r\n" in question
        assert b"X-Forwarded-Proto: https\r\n" in question
        if healthy:
            wait_until(probe.succeeds)
        else:
            assert not probe.succeeds()
        probe.close()


def test_nobody_listening_is_no_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    probe = HealthProbe("127.0.0.1", port, "/healthz")
    assert not probe.succeeds()
    probe.close()
