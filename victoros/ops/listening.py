"""The listening socket of the pages. The supervisor holds it, so that a taken port is noticed before anything starts and
connections wait, instead of being refused, while the web process is restarted."""

import errno
import socket

import psutil

from victoros.lib.errors import Category, VictorError

BACKLOG = 512
REASONS = {
    errno.EACCES: "this user may not listen on it; ports under 1024 need more rights",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


class CannotListen(VictorError):
    """The address or port cannot be used; nothing was started."""

    category = Category.NETWORK


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises CannotListen with who holds the port, if that can be told."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotListen(
                f"Port {port} is taken{_name_holder(port)}.", hint="End that program, or use another port: --port 8001."
            ) from error
        reason = REASONS.get(error.errno or 0, error.strerror or str(error))
        raise CannotListen(
            f"Cannot listen on {host} port {port}: {reason}.", hint="Choose with --host and --port."
        ) from error


def pick_free_port() -> int:
    """Return a port of the loopback address that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def own_addresses() -> list[str]:
    """Return the names and addresses under which other machines may reach this one."""
    addresses = [a.address for group in psutil.net_if_addrs().values() for a in group if a.family == socket.AF_INET]
    return sorted({*addresses, socket.gethostname()})


def _name_holder(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return ""
    for connection in connections:
        if (
            connection.status == psutil.CONN_LISTEN
            and connection.laddr
            and connection.laddr.port == port
            and connection.pid
        ):
            return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return ""
