"""A program from the nursery does what the same words mean on its command line."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import granian.cli
import pytest
from celery import concurrency
from celery.bin.base import CLIContext
from celery.bin.beat import beat
from celery.bin.worker import worker
from click import Command
from click.core import ParameterSource
from granian.server.mp import MPServer

from dialer.celery import app
from dialer.embedded.becoming import celery_options, granian_server
from dialer.embedded.sharing import Services
from dialer.embedded.stack import Stack

#: What its first process would do, logging, which is configured, and what is not spoken here.
NOT_NEEDED = {"workers_kill_timeout", "respawn_failed_workers", "log_config", "http2_settings"}


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    services = Services(database_url="postgresql:///x", redis_url="redis://x", data_dir=tmp_path)
    return Stack(services, port=8123, inbox_port=8124, log_dir=tmp_path, threads=4)


@pytest.mark.parametrize("name", ["web", "inbox"])
def test_granian_is_what_its_command_line_makes(stack: Stack, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    made: list[MPServer] = []
    monkeypatch.setattr(MPServer, "serve", lambda server: made.append(server))
    _, *words = stack.program(name)
    granian.cli.cli.main(words, standalone_mode=False)
    assert _settings(granian_server(words)) == _settings(made[0])


@pytest.mark.parametrize(("name", "command"), [("worker-1", worker), ("batch", worker), ("beat", beat)])
def test_celery_is_what_its_command_line_makes(stack: Stack, name: str, command: Command) -> None:
    _, *words = stack.program(name)
    there = command.make_context(name, words[5:], obj=CLIContext(app=app, no_color=True, workdir=None))
    asked = {
        parameter: value
        for parameter, value in there.params.items()
        if there.get_parameter_source(parameter) is ParameterSource.COMMANDLINE
    }
    here = celery_options(words[5:])
    if "pool" in here:
        here["pool"] = concurrency.get_implementation(here["pool"])
    if "queues" in here:
        here["queues"] = here["queues"].split(",")
    assert here == asked


@pytest.mark.parametrize("words", [["--purge"], ["--hostname", "a@b", "--autoscale=10,0"]])
def test_a_word_that_it_does_not_know_stops_it(words: list[str]) -> None:
    with pytest.raises(KeyError, match=r"purge|autoscale"):
        celery_options(words)


def test_a_word_of_granian_that_it_does_not_know_stops_it(stack: Stack) -> None:
    _, *words = stack.program("web")
    with pytest.raises(KeyError, match="reload"):
        granian_server(["--reload", *words])


def _settings(server: MPServer) -> dict[str, Any]:
    """Return what a server was made with, of what can be compared."""
    names = inspect.signature(MPServer.__init__).parameters.keys() - NOT_NEEDED
    kept = {name: getattr(server, name) for name in names if hasattr(server, name)}
    return {**kept, "at": (server.bind_addr, server.bind_port)}
