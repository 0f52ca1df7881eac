"""One request to the facade: read as a server reads it, run on an embedded engine, answered or refused.

In: query parameters, headers and body, as clickhouse-connect sends them. Out: a Statement; its result as bytes; or
Refused with ClickHouse's code. Every statement has a handle of its own, so `use` and settings never leak into another.
facade.py is the server around it.
"""

from __future__ import annotations

import email.parser
import gzip
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import chdb
import lz4.frame

OF_THE_TRANSPORT = frozenset(
    {"query", "database", "default_format", "query_id", "quota_key", "role", "user", "password", "buffer_size"}
    | {"session_id", "session_timeout", "session_check", "client_protocol_version", "wait_end_of_query"}
    | {"compress", "decompress", "enable_http_compression"}
    | {"send_progress_in_http_headers", "http_headers_progress_interval_ms"}
)
"""Parameters that speak to the server; all others are settings of the statement, or `param_*`."""

INSERT = re.compile(rb"\s*(INSERT\s+INTO\s.*?)\s+FORMAT\s+(\w+)[ \t]*\n", re.IGNORECASE | re.DOTALL)
LAST_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
CODE = re.compile(r"Code:\s*(\d+)")
NOT_FOUND = frozenset({60, 81})


class Refused(Exception):
    """An answer that is an error, as a server gives it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = 404 if code in NOT_FOUND else 500


@dataclass
class Statement:
    """One request, read."""

    sql: str
    data: bytes
    data_format: str
    database: str
    output: str
    binds: dict[str, str]
    settings: dict[str, str]
    seconds_up: int = 0
    host: str = "facade"


def read(query: dict[str, str], headers: Any, body: bytes) -> Statement:
    kind = headers.get("Content-Type") or ""
    if "x-www-form-urlencoded" in kind:
        query, body = query | dict(parse_qsl(body.decode(), keep_blank_values=True)), b""
    elif "multipart/form-data" in kind:
        query, body = query | _form(kind, body), b""
    body = _decompress(body, headers.get("Content-Encoding") or "")
    sql, data, data_format = query.get("query", ""), body, ""
    if not sql.strip():
        insert = INSERT.match(body)
        if insert:
            sql, data_format, data = insert[1].decode(), insert[2].decode(), body[insert.end() :]
        else:
            sql, data = body.decode("utf-8", "surrogateescape"), b""
    return Statement(
        sql=sql,
        data=data,
        data_format=data_format,
        database=query.get("database") or headers.get("X-ClickHouse-Database") or "",
        output=query.get("default_format") or headers.get("X-ClickHouse-Format") or "TabSeparated",
        binds={name[6:]: value for name, value in query.items() if name.startswith("param_")},
        settings={
            name: value
            for name, value in query.items()
            if name not in OF_THE_TRANSPORT and not name.startswith("param_")
        },
    )


def _form(kind: str, body: bytes) -> dict[str, str]:
    message = email.parser.BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True).decode()
        for part in parts
    }


def run(directory: Path, statement: Statement) -> tuple[bytes, str]:
    """Run a statement on a handle of its own, so that database and settings are this request's only."""
    handle = chdb.connect(str(directory))
    try:
        if statement.database:
            handle.query(f"use `{statement.database}`", "CSV")
        if statement.data_format:
            return _insert(handle, directory, statement)
        last = sorted(statement.settings.items(), key=lambda setting: setting[0] == "readonly")
        for name, value in last:
            handle.query(f"set {name} = {_quoted(value)}", "CSV")
        found = LAST_FORMAT.search(statement.sql)
        output = found[1] if found else statement.output
        sql = LAST_FORMAT.sub("", statement.sql)
        sql = sql.replace("uptime()", f"{statement.seconds_up}").replace("hostName()", _quoted(statement.host))
        result = handle.query(sql, output, params=statement.binds) if statement.binds else handle.query(sql, output)
        return result.bytes() or b"", output
    except RuntimeError as fault:
        code = CODE.search(str(fault))
        raise Refused(int(code[1]) if code else 1000, str(fault)) from None
    finally:
        handle.close()


def _insert(handle: Any, directory: Path, statement: Statement) -> tuple[bytes, str]:
    settings = ", ".join(f"{name} = {_quoted(value)}" for name, value in statement.settings.items())
    descriptor, path = tempfile.mkstemp(dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(statement.data)
        handle.query(
            f"{statement.sql} FROM INFILE {_quoted(path)}"
            + (f" SETTINGS {settings}" if settings else "")
            + f" FORMAT {statement.data_format}",
            "CSV",
        )
    finally:
        os.unlink(path)
    return b"", "Null"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _decompress(data: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return data
    try:
        if encoding == "gzip":
            return gzip.decompress(data)
        if encoding == "lz4":
            return bytes(lz4.frame.decompress(data))
    except (OSError, EOFError, RuntimeError):
        raise Refused(271, "Code: 271. DB::Exception: cannot decompress. (CANNOT_DECOMPRESS)") from None
    raise Refused(36, f"Code: 36. DB::Exception: unknown Content-Encoding {encoding}. (BAD_ARGUMENTS)")


def compress(data: bytes, accepted: str) -> tuple[bytes, str | None]:
    if "lz4" in accepted:
        return bytes(lz4.frame.compress(data)), "lz4"
    if "gzip" in accepted:
        return gzip.compress(data, 1), "gzip"
    return data, None
