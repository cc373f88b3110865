"""Hosts on one machine: network namespaces with names of their own, plugged into switches. Needs Linux and root."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from victoros.ops.chaos.processes import ChaosFailed
from victoros.ops.processes import send, started_at

PREFIX = "victor"
SWITCHES = {"data": "198.18", "world": "198.19"}
"""Of each host: the line to database and Redis, and the line to everything else. Addresses kept for tests of networks."""


def find_obstacle() -> str:
    """Return what is missing for hosts on this machine, or nothing."""
    if os.geteuid() != 0:
        return "Network namespaces need root."
    for program in ("ip", "unshare"):
        if not shutil.which(program):
            return f"The program {program} is missing (packages iproute2 and util-linux)."
    tried = subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True, text=True)
    return f"This machine allows no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


class Network:
    """Two switches and the hosts plugged into them."""

    def __init__(self) -> None:
        self._tag, self._hosts = os.getpid(), dict[str, int]()
        self.gateways = {name: f"{net}.{self._tag % 250}.1" for name, net in SWITCHES.items()}
        for number, (name, address) in enumerate(self.gateways.items()):
            # With a hardware address of its own: else it takes that of a port, and losing the port cuts everybody off.
            _ip("link", "add", self._switch(name), "address", f"02:00:00:00:00:0{number}", "type", "bridge")
            _ip("link", "set", self._switch(name), "up")
            _ip("address", "add", f"{address}/24", "dev", self._switch(name))

    def clients(self, switch: str) -> str:
        """Return the network of a switch as rules name it."""
        return f"{self.gateways[switch].rpartition('.')[0]}.0/24"

    def add(self, host: str) -> None:
        """Make a host and plug it in."""
        number = self._hosts[host] = len(self._hosts) + 2
        _ip("netns", "add", self._namespace(host))
        _ip("-n", self._namespace(host), "link", "set", "lo", "up")
        for name, gateway in self.gateways.items():
            self._plug(host, name, f"{gateway.rpartition('.')[0]}.{number}/24")

    def _plug(self, host: str, switch: str, address: str) -> None:
        namespace, cable = self._namespace(host), self._cable(host, switch)
        _ip("link", "add", cable, "type", "veth", "peer", "name", switch, "netns", namespace)
        _ip("link", "set", cable, "master", self._switch(switch), "up")
        _ip("-n", namespace, "address", "add", address, "dev", switch)
        _ip("-n", namespace, "link", "set", switch, "up")

    def unplug(self, host: str, switch: str) -> None:
        """Let nothing through between a host and a switch; nobody is told."""
        _ip("link", "set", self._cable(host, switch), "nomaster")

    def plug_in_again(self, host: str, switch: str) -> None:
        """Let everything through again."""
        _ip("link", "set", self._cable(host, switch), "master", self._switch(switch))

    def command(self, host: str, *command: str) -> list[str]:
        """Return how to run a command on a host."""
        named = 'hostname "$0" && exec "$@"'
        return ["ip", "netns", "exec", self._namespace(host), "unshare", "--uts", "sh", "-c", named, host, *command]

    def pids_on(self, host: str) -> list[int]:
        """Return the processes of a host."""
        return [int(pid) for pid in _ip("netns", "pids", self._namespace(host)).split()]

    def kill(self, host: str) -> int:
        """Kill a host: all its processes at once, until none is left; returns how many there were."""
        killed: set[int] = set()
        while living := [pid for pid in self.pids_on(host) if started_at(pid)]:
            killed.update(living)
            for pid in living:
                send(pid, signal.SIGKILL)
        return len(killed)

    def close(self) -> None:
        """Remove hosts, cables and switches. A cable by itself: connections that nobody closed keep its host a while longer."""
        for host in self._hosts:
            self.kill(host)
            for name in SWITCHES:
                _ip("link", "delete", self._cable(host, name), must=False)
            _ip("netns", "delete", self._namespace(host), must=False)
        for name in SWITCHES:
            _ip("link", "delete", self._switch(name), must=False)

    def _namespace(self, host: str) -> str:
        return f"{PREFIX}-{self._tag}-{host}"

    def _switch(self, name: str) -> str:
        return f"vc{self._tag:x}{name[0]}"

    def _cable(self, host: str, switch: str) -> str:
        return f"{self._switch(switch)}{self._hosts[host]}"


@contextmanager
def running_network() -> Iterator[Network]:
    """Make a network until the block ends; raises `ChaosFailed` where there can be none."""
    if obstacle := find_obstacle():
        raise ChaosFailed(obstacle, hint="Run it as root on Linux, with iproute2.")
    _remove_left_over()
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    network = Network()
    try:
        yield network
    finally:
        network.close()
        signal.signal(signal.SIGTERM, before)


def _remove_left_over() -> None:
    """Remove what runs left behind that were killed themselves; their processes ended with them."""
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0]
        tag = name.split("-")[1] if name.startswith(f"{PREFIX}-") else ""
        if tag.isdigit() and not started_at(int(tag)):
            _ip("netns", "delete", name, must=False)
    for line in _ip("-brief", "link", "show").splitlines():
        name = line.split()[0].partition("@")[0]
        found = re.fullmatch(r"vc([0-9a-f]+)[dw]\d*", name)
        if found and not started_at(int(found[1], 16)):
            _ip("link", "delete", name, must=False)


def _ip(*words: str, must: bool = True) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode and must:
        raise ChaosFailed(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
