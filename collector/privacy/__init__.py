"""The visitor's own pages: what is measured, how to say no, and what this very request would leave behind.

In: a visitor's request. Out: plain pages that work without JavaScript, and at most one cookie: the choice itself.
Invariants: viewing sets no cookie, is never counted, and tells nothing about the past, because whoever shares an
address and a browser version would read somebody else's; declining takes one press and no token, allowing again needs
proof that the visitor pressed it; every text is in texts/, every sentence about a site is from its live settings.
Read on in this order: state, mirror, screen (the page), pages (its routes), consenting, acting (what is done by it).
"""
