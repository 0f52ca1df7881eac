"""What the registry keeps of visitors: a pepper per site and the proof of each consent; both die with the site."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from registry_world import Clock, run_together
from sqlalchemy import text

from registry.consents import KEPT, Proof
from registry.database import Conflict
from registry.errors import RegistryError
from registry.registry import Registry
from registry.site import Site
from registry.snapshot import Snapshot

ASK_TOGETHER = """
from registry.registry import Registry
with Registry.open(sys.argv[1]) as registry:
    print("ready", flush=True)
    sys.stdin.readline()
    print(*(pepper.hex() for _, pepper in sorted(registry.peppers.all().items())))
"""


def note(registry: Registry, site: Site, action: str = "granted") -> Proof:
    return registry.consents.note(
        site.id, action, policy_version="1", text_sha256="ab", ui="page", signals="gpc"  # type: ignore[arg-type]
    )  # fmt: skip


def test_each_site_has_a_random_pepper_that_stays(registry: Registry) -> None:
    one, other = registry.sites.add("one.example"), registry.sites.add("other.example")
    first = registry.peppers.all()
    assert set(first) == {one.id, other.id}
    assert len(first[one.id]) == len(first[other.id]) == 32
    assert first[one.id] != first[other.id]
    registry.sites.set("one.example", {"mode": "hybrid", "timezone": "Europe/Berlin"})
    assert registry.peppers.all() == first


def test_the_snapshot_holds_the_peppers_of_the_sites_there_are(registry: Registry) -> None:
    snapshot = Snapshot(registry)
    site = registry.sites.add("one.example")
    assert snapshot.pepper(site.id) == b""
    assert snapshot.refresh()
    assert snapshot.pepper(site.id) == registry.peppers.all()[site.id]
    registry.sites.purge("one.example")
    assert snapshot.refresh()
    assert snapshot.pepper(site.id) == b""


def test_processes_that_ask_at_once_get_the_same_pepper(registry_url: str, registry: Registry) -> None:
    for number in range(3):
        registry.sites.add(f"s{number}.example")
    assert len(set(run_together(ASK_TOGETHER, 4, registry_url))) == 1


def test_a_pepper_leaves_the_file_with_its_site(tmp_path: Path) -> None:
    url, file = f"sqlite:///{tmp_path / 'r.sqlite'}", tmp_path / "r.sqlite"
    with Registry.open(url) as registry:
        site = registry.sites.add("one.example")
        pepper = registry.peppers.all()[site.id]
    assert pepper in file.read_bytes()
    with Registry.open(url) as registry:
        registry.sites.purge("one.example")
        assert registry.peppers.all() == {}
    assert pepper not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_proof_of_a_consent_is_told_newest_first(registry: Registry, clock: Clock) -> None:
    site, other = registry.sites.add("one.example"), registry.sites.add("other.example")
    given = note(registry, site)
    clock.pass_by(days=3)
    taken = note(registry, site, "withdrawn")
    note(registry, other)
    assert registry.consents.list("one.example") == [taken, given]
    assert taken.at - given.at == timedelta(days=3)


def test_a_proof_has_no_place_for_an_address_an_agent_or_a_cookie() -> None:
    told = "id site_id at action policy_version text_sha256 ui signals"
    assert [field.name for field in msgspec.structs.fields(Proof)] == told.split()


def test_a_proof_cannot_be_altered(registry: Registry) -> None:
    note(registry, registry.sites.add("one.example"))
    with pytest.raises((Conflict, RegistryError)), registry._database.write() as connection:
        connection.execute(text("update consents set action = 'denied'"))


def test_proofs_go_when_they_are_too_old_to_matter_and_with_their_site(registry: Registry, clock: Clock) -> None:
    site = registry.sites.add("one.example")
    note(registry, site)
    clock.time += KEPT + timedelta(seconds=1)
    fresh = note(registry, site)
    assert registry.consents.list("one.example") == [fresh]
    registry.sites.purge("one.example")
    with registry._database.read() as connection:
        assert connection.scalar(text("select count(*) from consents")) == 0
