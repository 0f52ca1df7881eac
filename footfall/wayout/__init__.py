"""The way out: what a site's owner takes along, what comes in again, what proves that all is gone.

`export.py` writes a site's folder piece by piece, `pages.py` the texts in it, `load.py` brings such a folder into a
site, `certificate.py` signs what a removal did, `traces.py` deletes what lies beside the store, `copies.py` backs up,
restores and moves whole installations. All but the last work as orders of the process that holds the store.
"""
