"""Asks and shows: the product team's pages, API and exports. Holds no SQL.

A page is a list of Questions; URL, panel, JSON and CSV derive from the same value. Server-rendered, works without
JavaScript; charts are SVG strings made by pure functions.
"""
