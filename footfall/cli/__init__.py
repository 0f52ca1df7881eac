"""The command line: `verbs.py` is the table of everything one can type, each other module holds the verbs of one noun.

A verb's module is loaded only when the verb is typed (lazy.py), so `footfall --help` and `footfall site list` never
pay for the store or the web server. front.py turns every expected fault into one line and an exit code.
"""
