"""A backup that is kept after the contract by the owner's word: nobody here can open it, and it ends by itself."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import Home
from wayout_world import NOW, Yard

from clickhouse.client import Store
from footfall.orders import run_orders
from footfall.wayout.certificate import is_genuine, key_in
from footfall.wayout.kept import file_of, open_kept
from footfall.wayout.sealing import (
    PIECE,
    PUBLIC,
    SECRET,
    NoKey,
    NotSealed,
    Opener,
    Sealer,
    check_public,
    key_of,
    make_keys,
)
from registry.errors import NotAllowed
from registry.orders import Order
from registry.registry import Registry
from registry.salts import open_salts
from registry.site import Site

UNTIL = date(2027, 5, 1)


def sealed(plain: bytes, public: str) -> bytes:
    target = io.BytesIO()
    sealer = Sealer(target, key_of(public, PUBLIC))
    for first in range(0, len(plain), 7777):
        sealer.write(plain[first : first + 7777])
    sealer.close()
    return target.getvalue()


def opened(content: bytes, secret: str) -> bytes:
    return io.BufferedReader(Opener(io.BytesIO(content), key_of(secret, SECRET))).read()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 400_001])
def test_what_is_sealed_is_opened_by_its_key_alone_and_only_whole(size: int) -> None:
    (public, secret), (_, other) = make_keys(), make_keys()
    plain = bytes(number % 251 for number in range(size))
    content = sealed(plain, public)
    assert opened(content, secret) == plain
    bit = bytes([content[60] ^ 1])
    for bad, key in (
        (content, other),
        (content[:-1], secret),
        (content + b"x", secret),
        (content[:60] + bit + content[61:], secret),
        (content[: 50 + PIECE + 16], secret) if size > PIECE else (content[:50], secret),
        (b"", secret),
    ):
        with pytest.raises(NotSealed):
            opened(bad, key)


def test_pieces_cannot_change_places() -> None:
    public, secret = make_keys()
    content, piece = sealed(bytes(3 * PIECE), public), PIECE + 16
    head, body = content[:50], content[50:]
    first, second, rest = body[:piece], body[piece : 2 * piece], body[2 * piece :]
    assert opened(head + first + second + rest, secret) == bytes(3 * PIECE)
    with pytest.raises(NotSealed):
        opened(head + second + first + rest, secret)


def test_the_format_is_the_one_that_is_written_down() -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    public, secret = make_keys()
    content = sealed(b"x" * PIECE + b"end", public)
    assert content[:18] == b"footfall sealed 1\n"
    mine = X25519PrivateKey.from_private_bytes(key_of(secret, SECRET))
    shared = mine.exchange(X25519PublicKey.from_public_bytes(content[18:50]))
    salt = content[18:50] + mine.public_key().public_bytes_raw()
    cipher = ChaCha20Poly1305(HKDF(SHA256(), 32, salt=salt, info=b"footfall sealed 1").derive(shared))
    assert cipher.decrypt(bytes(12), content[50 : 50 + 65536 + 16], None) == b"x" * PIECE
    assert cipher.decrypt(bytes(10) + b"\x01\x01", content[50 + 65536 + 16 :], None) == b"end"


@pytest.mark.parametrize("text", ["", "footfall-public-1", "footfall-public-1 AAAA", f"{PUBLIC} {'A' * 43}="])
def test_what_is_no_key_is_told_at_once(text: str) -> None:
    with pytest.raises(NoKey):
        check_public(text)
    with pytest.raises(NoKey):
        check_public(make_keys()[1])


@dataclass
class Office:
    """A yard with a clock, and the work of the process that holds the store."""

    yard: Yard
    clock: list[datetime]

    @property
    def registry(self) -> Registry:
        return self.yard.registry

    def remove(self, site: Site) -> Order:
        self.registry.sites.condemn(site.host)
        order = self.registry.orders.file("remove_site", {"site_id": site.id, "confirmed": "host typed"}, "ada")
        while self.registry.orders.get(order.id).state == "waiting":
            self.work()
        return self.registry.orders.get(order.id)

    def work(self) -> int:
        salts = open_salts("memory:", self.yard.data)
        return run_orders(
            self.registry, self.yard.store, salts, lambda _: True, old_parts_seconds=0, data=self.yard.data
        )


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Iterator[Office]:
    clock = [NOW]
    with Registry.open(f"sqlite:///{tmp_path / 'registry.sqlite'}", clock=lambda: clock[0]) as registry:
        yield Office(Yard(registry, store, tmp_path), clock)


def test_termination_states(office: Office, tmp_path: Path) -> None:
    """By default nothing is kept; by instruction a sealed file is, until its day, and its end is noted."""
    public, secret = make_keys()
    plain, wanted = (office.yard.site(host) for host in ("plain.example", "wanted.example"))
    for site in (plain, wanted):
        office.yard.fill(site)
    office.registry.partings.instruct(wanted.id, UNTIL, public, by="ada@example.com")

    assert "kept_backup" not in office.remove(plain).result
    certificate = office.remove(wanted).result
    file = file_of(tmp_path, wanted.id)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [file.name]
    assert not (tmp_path / "parting" / str(wanted.id)).exists()
    kept = certificate["kept_backup"]
    assert kept["kept_until"] == "2027-05-01"
    assert kept["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert is_genuine(certificate, key_in(tmp_path))
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert b"wanted.example" not in file.read_bytes()
    assert b"wanted.example" not in json.dumps(certificate).encode()

    assert open_kept(file, key_of(secret, SECRET), tmp_path / "mine") > 5
    rows = [line for part in (tmp_path / "mine" / "events").glob("*.ndjson") for line in part.read_text().splitlines()]
    assert len(rows) == json.loads((tmp_path / "mine" / "export.json").read_text())["rows"]["events"] > 0
    with pytest.raises(NotSealed):
        open_kept(file, key_of(make_keys()[1], SECRET), tmp_path / "others")
    assert not (tmp_path / "others").exists()

    office.clock[0] = datetime(2027, 5, 1, 23, 59, tzinfo=UTC)
    office.work()
    assert file.exists()
    office.clock[0] += timedelta(minutes=1)
    office.work()
    assert not file.exists()
    (end,) = office.registry.orders.ended("end_backup")
    assert end.result["was_there"] is True
    office.work()
    assert len(office.registry.orders.ended("end_backup")) == 1


def test_a_removal_by_the_calendar_keeps_what_was_instructed_and_a_site_brought_back_forgets_it(
    office: Office, tmp_path: Path
) -> None:
    public, _ = make_keys()
    site = office.yard.site("a.example")
    office.yard.fill(site, visits=5)
    office.registry.partings.instruct(site.id, UNTIL, public, by="ada@example.com")
    office.registry.sites.freeze(site.host)
    office.registry.sites.restore(site.host)
    assert office.registry.partings.of_site(site.id) is None
    office.registry.partings.instruct(site.id, UNTIL, public, by="ada@example.com")
    office.registry.sites.freeze(site.host)
    office.clock[0] += timedelta(days=8)
    while office.registry.sites.by_id(site.id):
        office.work()
    assert file_of(tmp_path, site.id).exists()


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_no_backup_is_kept_longer_than_twelve_months(office: Office, days: int) -> None:
    site = office.yard.site("a.example")
    with pytest.raises(NotAllowed, match="twelve months"):
        office.registry.partings.instruct(site.id, NOW.date() + timedelta(days=days), make_keys()[0], by="ada")


def test_the_owner_opens_with_a_key_what_the_operator_keeps(home: Home) -> None:
    until = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    assert home.run("site", "add", "a.example").returncode == 0
    made = home.run("backup", "keypair", "mine.key")
    assert made.stdout.strip() == (home.directory / "mine.key.public").read_text().strip()
    assert home.run("backup", "keypair", "mine.key").returncode == 2
    words = ("site", "remove", "a.example", "--now", "--yes", "--keep-backup-until", until, "--public-key")
    wrong = home.run(*words, "mine.key")
    assert (wrong.returncode, "this is no key" in wrong.stderr) == (2, True)
    removed = home.run(*words, "mine.key.public")
    assert removed.returncode == 0, removed.stderr
    kept = home.data / json.loads(removed.stdout)["kept_backup"]["file"]
    assert f"sealed, until {until}" in home.run("certificate", "list").stdout
    opened_ = home.run("backup", "open", str(kept), "--key", "mine.key", "--to", "out")
    assert opened_.returncode == 0, opened_.stderr
    assert json.loads((home.directory / "out" / "settings.json").read_text())["host"] == "a.example"
    assert home.run("backup", "open", str(kept), "--key", "mine.key.public", "--to", "out2").returncode == 2
