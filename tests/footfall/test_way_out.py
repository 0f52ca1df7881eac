"""A site's data goes out whole, comes in elsewhere with equal answers, and nothing of it comes in twice."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from wayout_world import Yard

from clickhouse import slices
from clickhouse.client import Store
from clickhouse.slices import kept_tables, read_slice, slices_of
from footfall.cli.export import check
from footfall.wayout.export import export_site
from footfall.wayout.load import NotOurs, load_site
from registry.errors import NotAllowed
from registry.registry import Registry


@pytest.fixture
def yard(any_store: Store, tmp_path: Path) -> Iterator[Yard]:
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}") as registry:
        yield Yard(registry, any_store, tmp_path)


def exported(yard: Yard, host: str) -> Path:
    folder = yard.data / "out"
    assert export_site(yard.store, yard.registry, yard.registry.sites.get(host), folder, 600)
    return folder


def load(yard: Yard, folder: Path, site_id: int) -> None:
    """Load a copy of the folder: loading takes its files away."""
    inner = yard.data / "inner"
    shutil.copytree(folder, inner)
    assert load_site(yard.store, site_id, inner, 600)
    shutil.rmtree(inner)


def test_an_exported_site_gives_equal_answers_elsewhere_however_often_it_is_loaded(yard: Yard) -> None:
    here = yard.site("here.example", timezone="Europe/Berlin")
    there = yard.site("there.example", timezone="Europe/Berlin")
    yard.fill(here)
    folder = exported(yard, "here.example")
    for _ in range(2):
        load(yard, folder, there.id)
        assert yard.counts(there) == yard.counts(here)
        assert yard.answers(there) == yard.answers(here)
    visits = "select groupUniqArray(visit_id) from (select visit_id from visits where site_id = {n:UInt32} order by 1)"
    assert yard.store.query(visits, {"n": here.id}) == yard.store.query(visits, {"n": there.id})


def test_loading_goes_on_beside_what_a_site_has_counted_itself(yard: Yard) -> None:
    here, there = yard.site("here.example"), yard.site("there.example")
    yard.fill(here, 1)
    yard.fill(there, 2)
    own = yard.counts(there)
    load(yard, exported(yard, "here.example"), there.id)
    assert yard.counts(there) == {table: own[table] + rows for table, rows in yard.counts(here).items()}


def test_an_export_that_is_cut_short_goes_on_where_it_was(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "ROWS", 20)
    site = yard.site("here.example")
    yard.fill(site)
    folder, read = yard.data / "out", []
    calls = 0

    def counted(*words: object) -> bytes:
        read.append(words)
        return read_slice(*words)  # type: ignore[arg-type]

    monkeypatch.setattr("footfall.wayout.export.read_slice", counted)
    while not export_site(yard.store, yard.registry, site, folder, 0.05):
        calls += 1
        assert calls < 1000
    whole = sum(
        len(slices_of(yard.store, kept, site.id)) for kept in kept_tables(yard.store) if kept.table != "changes"
    )
    assert len(read) == 3 * whole > 20
    assert check(folder).rows["events"] == yard.counts(site)["events"]


def test_every_file_is_named_with_its_sum_and_a_change_is_found(yard: Yard) -> None:
    yard.fill(yard.site("here.example"))
    folder = exported(yard, "here.example")
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(sums) == files - {"SHA256SUMS"}
    assert sums["settings.json"] == hashlib.sha256((folder / "settings.json").read_bytes()).hexdigest()
    assert {"README.md", "SCHEMA.md", "settings.json", "export.json", "registry/site_changes.ndjson"} <= files
    check(folder)
    (folder / "settings.json").write_text("{}")
    with pytest.raises(NotAllowed, match=r"settings\.json"):
        check(folder)


def test_the_three_formats_say_the_same_and_no_cell_can_be_run_by_a_spreadsheet(yard: Yard) -> None:
    yard.fill(yard.site("here.example"))
    folder = exported(yard, "here.example")
    (plain,) = (folder / "events").glob("*.ndjson")
    rows = [json.loads(line) for line in plain.read_text().splitlines()]
    cells = list(csv.DictReader(io.StringIO(plain.with_suffix(".csv").read_text())))
    assert len(rows) == len(cells)
    assert {row["path"] for row in rows} >= {"=HYPERLINK(1)", '/"quoted",\n'}
    assert {cell["path"] for cell in cells} >= {"'=HYPERLINK(1)", '/"quoted",\n'}
    assert not [text for cell in cells for text in cell.values() if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert plain.with_suffix(".parquet").read_bytes()[:4] == b"PAR1"
    assert [row["visitor_id"] for row in rows] == [cell["visitor_id"] for cell in cells]


def test_an_export_holds_rows_of_its_site_alone_and_no_secret(yard: Yard) -> None:
    site, other = yard.site("here.example"), yard.site("other.example")
    yard.fill(site)
    yard.fill(other, 2)
    yard.registry.keys.add("here.example", ["stats:read"])
    folder = exported(yard, "here.example")
    for file in (folder / "events").glob("*.ndjson"):
        assert {json.loads(line)["site_id"] for line in file.read_text().splitlines()} == {site.id}
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.suffix in (".ndjson", ".json", ".md"))
    assert b"other.example" not in everything
    (key,) = (json.loads(line) for line in (folder / "registry" / "keys.ndjson").read_text().splitlines())
    assert "secret_hash" not in key
    assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_what_is_no_export_is_refused_and_nothing_of_it_is_taken(yard: Yard) -> None:
    site = yard.site("here.example")
    inner = yard.data / "inner" / "events"
    inner.mkdir(parents=True)
    (inner / "events-1.ndjson").write_text('{"site_id": 1, "ts": "yesterday"}\n')
    with pytest.raises(NotOurs):
        load_site(yard.store, site.id, inner.parent, 600)
    assert yard.counts(site)["events"] == 0
    with pytest.raises(NotAllowed):
        check(inner)
