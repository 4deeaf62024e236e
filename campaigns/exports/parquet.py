"""Exports as Parquet: typed columns, instants with their zone, sent a row group at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from campaigns.exports.columns import Column
from campaigns.exports.sent import Sent
from dialer.json_limits import dumped

#: Rows of one group: what is held in memory at a time.
GROUP_ROWS = 10_000


def parquet(
    columns: Mapping[str, Column], rows: Iterable[tuple[Any, ...]], *, about: Mapping[str, Any]
) -> Iterator[bytes]:
    """Give the bytes of a Parquet file. Its footer comes last, so one that broke off cannot be opened.

    JSON (variables, transcripts) are texts: Parquet wants one type a column, and they have several.
    """
    import pyarrow
    import pyarrow.parquet

    zone = str(about["time_zone"])
    types = {
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "truth": pyarrow.bool_(),
        "instant": pyarrow.timestamp("us", tz=zone),
    }
    fields = [pyarrow.field(name, types.get(column.kind, pyarrow.string())) for name, column in columns.items()]
    schema = pyarrow.schema(fields, metadata={"dialer": orjson.dumps(dict(about))})
    texts = [column.kind in ("text", "json") for column in columns.values()]
    sent, given = Sent(), iter(rows)
    with pyarrow.parquet.ParquetWriter(sent, schema, compression="zstd") as writer:
        while group := list(islice(given, GROUP_ROWS)):
            cells = [
                pyarrow.array([_text(value) for value in values] if is_text else values, type=field.type)
                for values, is_text, field in zip(zip(*group, strict=True), texts, schema, strict=True)
            ]
            writer.write_batch(pyarrow.record_batch(cells, schema=schema))
            yield sent.taken()
    yield sent.taken()


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return dumped(value).decode()
