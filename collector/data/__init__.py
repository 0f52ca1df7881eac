"""Data: what the world calls itself. Tables, no code; each file says where its facts are from.

`sources.toml` hosts and campaign words -> name and class; `spam.txt` hosts whose referrals are forged; `clickids.toml`
click-id parameters -> advertising network; `agents.toml` names, models and words of browsers, systems and devices.
They are read once, when the tools are opened (collector/distill/tools.py).
"""
