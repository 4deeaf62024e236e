"""Hands stages to OpenTelemetry's exporter (OTLP over HTTP). Never imported without the setting."""

from __future__ import annotations

import atexit
import threading
import uuid
from functools import cache
from typing import Any

from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags, set_span_in_context

from dialer.processes import this_process
from dialer.traces.stage import REQUEST, WHOLE, Stage
from dialer.version import VERSION

#: A process keeps so many spans for a collector that does not answer, about a kilobyte each; then the oldest go.
MOST_WAITING = 8192
#: And so many leave in one request, each second or as soon as there are as many.
MOST_AT_ONCE, EVERY_SECONDS = 1024, 1.0
#: A request takes so long at most, with its repeats.
PATIENCE_SECONDS = 5.0
#: A process that ends waits so long for its last spans to leave.
LEAVES_WITHIN_SECONDS = 3.0


class _CallIds(RandomIdGenerator):
    """Gives the span of a whole call the ids of the call, all others random ones."""

    def __init__(self) -> None:
        self._mine = threading.local()

    def next_is(self, reference: uuid.UUID) -> None:
        """Say which call the next span of this thread is."""
        self._mine.reference = reference

    def generate_trace_id(self) -> int:
        """Return the trace of a call."""
        reference = getattr(self._mine, "reference", None)
        return reference.int if reference else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the id of a whole call's span, once, else a random one."""
        reference = getattr(self._mine, "reference", None)
        self._mine.reference = None
        return whole_span_id(reference) if reference else super().generate_span_id()


def whole_span_id(reference: uuid.UUID) -> int:
    """Return the id of a call's span: known to everyone who knows the call, before that span exists."""
    return reference.int & 0xFFFF_FFFF_FFFF_FFFF


class Exporter:
    """The spans of this process, on their way to the collector from a thread of their own."""

    def __init__(self, *, url: str) -> None:
        self._ids = _CallIds()
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,  # what is not to be traced never comes here
            resource=Resource.create(
                {"service.name": "dialer", "service.version": VERSION, "service.instance.id": this_process()}
            ),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                OTLPSpanExporter(endpoint=url, timeout=PATIENCE_SECONDS),
                max_queue_size=MOST_WAITING,
                max_export_batch_size=MOST_AT_ONCE,
                schedule_delay_millis=EVERY_SECONDS * 1000,
            )
        )
        self._tracer = self._provider.get_tracer("dialer", VERSION)
        self._is_ending = threading.Event()
        # Begun now, as no thread can be begun while Python ends.
        self._closer = threading.Thread(target=self._close, name="traces", daemon=True)
        self._closer.start()

    def export(self, stage: Stage) -> None:
        """Hand a stage over. Returns at once, whatever the collector does."""
        context = None
        if stage.name == WHOLE:
            self._ids.next_is(stage.reference)
        else:
            context = set_span_in_context(NonRecordingSpan(_whole(stage.reference)))
        span = self._tracer.start_span(
            stage.name,
            context=context,
            kind=SpanKind.CLIENT if stage.name == REQUEST else SpanKind.INTERNAL,
            attributes={f"dialer.{name}": value for name, value in _named(stage).items()},
            start_time=stage.began_ns,
        )
        span.end(end_time=stage.ended_ns)

    def end(self) -> None:
        """Let the last spans leave, for a moment."""
        self._is_ending.set()
        self._closer.join(LEAVES_WITHIN_SECONDS)

    def _close(self) -> None:
        self._is_ending.wait()
        self._provider.shutdown()


def _whole(reference: uuid.UUID) -> SpanContext:
    return SpanContext(
        trace_id=reference.int,
        span_id=whole_span_id(reference),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )


def _named(stage: Stage) -> dict[str, Any]:
    known = {name: value for name, value in stage.about.items() if value is not None}
    return {"reference": str(stage.reference), **known}


#: The first stages of a call come from several threads at once, and two exporters would each have half of them.
_making = threading.Lock()


def exporter() -> Exporter:
    """Return this process's exporter; the first call makes it."""
    with _making:
        return kept_exporter()


@cache
def kept_exporter() -> Exporter:
    """Return it, made once."""
    made = Exporter(url=settings.DIALER_TRACES_URL)
    atexit.register(made.end)
    return made
