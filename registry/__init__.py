"""Who may send, who may look, what was asked of us: sites, policies, users, keys, sessions, salts, orders.

Small relational data with uniqueness and transactions (SQLite by default, PostgreSQL by URL), kept apart from the
analytics store so that the collector goes on accepting while ClickHouse is away.
"""
