"""A hundred thousand canaries: a made-up personal value in every field, through everything that an event passes.

From the arrival over the bridge into a record of the spool and back, as the drain reads it. A seeded generator, so a
failure can be repeated.
"""

from __future__ import annotations

import base64
import random
import re
import string
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import quote

import msgspec
import pytest
from distill_world import NOW_MS, arrive, site, tools

from clickhouse.rows import Event
from collector.arrival import Arrival
from collector.distill import distill
from collector.distill.scrub.numbers import is_luhn
from collector.leaks import may_leak
from collector.spool.record import KeptEvent, decode, encode_event

EVENTS = 100_000
CHUNKS = 10
OPEN_SITE = site(
    hosts=("*.example.com",),
    keep_query=("q", "page"),
    titles=True,
    referrer_paths=True,
    hash_routes=True,
    place="city",
    keep=("/kept/**",),
)
WORDS = ["summer", "offers", "contact", "pricing", "team", "news", "shoes", "winter", "help", "order", "page"]
Dice = random.Random


def digits(dice: Dice, count: int) -> str:
    return "".join(dice.choices(string.digits, k=count))


def email(dice: Dice) -> str:
    name = dice.choice(["jane", "canary.jane", "j+tag", "jürgen", "o'neil", "x_y-z", "1977jane"]) + digits(dice, 3)
    return f"{name}@{dice.choice(['corp', 'mail.co', 'exämple'])}.{dice.choice(['com', 'example', 'de', 'museum'])}"


def address(dice: Dice) -> str:
    return ".".join(str(dice.randrange(1, 255)) for _ in range(4))


def address6(dice: Dice) -> str:
    return "2001:db8:" + ":".join(f"{dice.randrange(0x1000, 0xFFFF):x}" for _ in range(6))


def card(dice: Dice) -> str:
    start = dice.choice(["4", "51", "2223", "37"]) + digits(dice, 11)
    number = next(start + last for last in string.digits if is_luhn(start + last) or last == "9")
    if not is_luhn(number):
        return card(dice)
    gap = dice.choice(["", " ", "-"])
    return gap.join(number[place : place + 4] for place in range(0, len(number), 4))


def iban(dice: Dice) -> str:
    account = digits(dice, 18)
    check = 98 - int(account + "131400") % 97
    gap = dice.choice(["", " "])
    whole = f"DE{check:02d}{account}"
    return gap.join(whole[place : place + 4] for place in range(0, len(whole), 4))


def phone(dice: Dice) -> str:
    form = dice.choice(["+49 151 {} {}", "+1-415-{}-{}", "0044 20 {} {}", "(415) {}-{}", "+44{}{}"])
    return form.format("2" + digits(dice, 2), digits(dice, 4))


def token(dice: Dice) -> str:
    raw = dice.randbytes(24)
    return dice.choice([raw.hex(), base64.urlsafe_b64encode(raw).decode()])


def jwt(dice: Dice) -> str:
    part = base64.urlsafe_b64encode(dice.randbytes(18)).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.eyJ{part}.{part}"


def key(dice: Dice) -> str:
    tail = "".join(dice.choices(string.ascii_letters + string.digits, k=24))
    return dice.choice(["sk_live_", "ghp_", "github_pat_", "glpat-", "xoxb-", "AIza"]) + tail


CANARIES: dict[str, Callable[[Dice], str]] = {
    "email": email,
    "ip": address,
    "ipv6": address6,
    "card": card,
    "iban": iban,
    "phone": phone,
    "token": token,
    "jwt": jwt,
    "key": key,
    "uuid": lambda dice: str(uuid.UUID(int=dice.getrandbits(128), version=4)),
    "mac": lambda dice: ":".join(f"{byte:02x}" for byte in dice.randbytes(6)),
    "place": lambda dice: f"{dice.uniform(10, 80):.6f},{dice.uniform(10, 170):.6f}",
    "ssn": lambda dice: f"{dice.randrange(100, 999)}-{dice.randrange(10, 99)}-{dice.randrange(1000, 9999)}",
    "number": lambda dice: "9" + digits(dice, 8),
}
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Canary/{}"


def beside(dice: Dice) -> str:
    return dice.choice(["", " ", "; ", " (", "\n", "\u00a0", "\u200b ", f"{dice.choice(WORDS)} ", "<b> "])


def coded(dice: Dice, text: str) -> str:
    for _ in range(dice.randrange(1, 4)):
        text = quote(text, safe="")
    return text


FIELDS: dict[str, Callable[[str, str], Arrival]] = {
    "path": lambda text, url: arrive(f"https://example.com/{url}"),
    "path behind words": lambda text, url: arrive(f"https://example.com/shop/{url}/end/"),
    "kept path": lambda text, url: arrive(f"https://example.com/kept/{url}"),
    "route": lambda text, url: arrive(f"https://example.com/#/{url}?q=1"),
    "fragment": lambda text, url: arrive(f"https://example.com/a#{url}"),
    "kept query": lambda text, url: arrive(f"https://example.com/a?q={url}&page=2"),
    "other query": lambda text, url: arrive(f"https://example.com/a?{url}={url}&x={url}"),
    "tags": lambda text, url: arrive(f"https://example.com/a?utm_source={url}&utm_medium={url}&utm_campaign={url}"),
    "more tags": lambda text, url: arrive(f"https://example.com/a?utm_content={url}&utm_term={url}&ref={url}"),
    "click id": lambda text, url: arrive(f"https://example.com/a?gclid={url}&fbclid={url}"),
    "user of the URL": lambda text, url: arrive(f"https://{url}:{url}@example.com/a"),
    "referrer": lambda text, url: arrive(referrer=f"https://else.example/{url}?s={url}#{url}"),
    "referrer's host": lambda text, url: arrive(referrer=f"https://{text}/"),
    "own referrer": lambda text, url: arrive(referrer=f"https://example.com/{url}?s={url}"),
    "feature": lambda text, url: arrive(name=f"Sent to {text}"),
    "title": lambda text, url: arrive(title=f"Inbox - {text}"),
    "property": lambda text, url: arrive(name="Sent", props={"note": text, "plain": "kept"}),
    "property's key": lambda text, url: arrive(name="Sent", props={text: "value"}),
    "language": lambda text, url: arrive(language=text),
    "time zone": lambda text, url: arrive(timezone=text),
    "currency": lambda text, url: arrive(currency=text, revenue=1.0),
    "agent": lambda text, url: arrive(agent=AGENT.format(text)),
    "address": lambda text, url: arrive(address=text),
    "id of a foreign site": lambda text, url: arrive(alias=text),
}
ARGUABLE = {("number", "kept path"), ("token", "kept path"), ("uuid", "own referrer")}
"""A site's `keep` frees what is only guessed."""


def planted(chunk: int) -> Iterator[tuple[str, str, str, Arrival]]:
    """Yield (kind, field, canary, arrival), every kind in every field, again and again with other values."""
    dice = random.Random(chunk)
    table = [(kind, field) for kind in CANARIES for field in FIELDS if (kind, field) not in ARGUABLE]
    for number in range(EVENTS // CHUNKS):
        kind, field = table[number % len(table)]
        canary = CANARIES[kind](dice)
        before = beside(dice)
        text = f"{before}{canary}{' ' if before else ''}"
        yield kind, field, canary, FIELDS[field](text, coded(dice, text))


def texts_of(event: Event) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.structs.asdict(event).items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            for key_, text in value.items():
                yield f"{name} {key_}", f"{key_} {text}"


def bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_canary_survives_any_field_of_a_stored_event(chunk: int) -> None:
    tried = marked = 0
    for kind, field, canary, arrival in planted(chunk):
        outcome = distill(arrival, OPEN_SITE, tools(), NOW_MS)
        if not isinstance(outcome, Event):
            continue
        tried += 1
        record = encode_event(outcome, "")
        kept = decode(record)
        assert isinstance(kept, KeptEvent)
        marked += may_leak(kept.event)
        assert canary.encode() not in record, (kind, field, canary)
        for name, text in texts_of(kept.event):
            assert bare(canary) not in bare(text), (kind, field, canary, name, text)
    assert tried > EVENTS // CHUNKS * 0.9
    assert marked > tried // 4, "the canaries were not even seen"
