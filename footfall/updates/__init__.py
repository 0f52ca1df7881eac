"""Updates: data of others, fetched by the operator's command onto the operator's machine. Nothing of it is shipped.

`fetch` is the only door: it asks the one host it was given, within limits of size and time. `unpack` opens archives
without believing them; `geo` brings a geography file (DB-IP Lite, GeoLite2), `lists` Matomo's lists of search engines,
social networks, assistants and referrer spam; `swap` puts the finished file in its place at once.
Invariants: the place holds the old file or the whole new one, never a half; a new file is read and asked before it is
used; whatever goes wrong is one `UpdateFault` that names no key. A running server notices the new file by itself
(collector/distill/followed.py).
"""
