"""The table of verbs: all that one can type after `footfall`, in the order of its help.

A new verb is one line here and a click command in a module of this folder (or beside it). The line of help here and
the command's own first line are the same; a test compares them.
"""

from __future__ import annotations

import click

from footfall import __version__
from footfall.cli.lazy import LazyGroup, Section, Verb

_HERE = "footfall.cli"

SITE = (
    Verb("add", f"{_HERE}.site:add", "Count a new site, and print the tag to paste."),
    Verb("list", f"{_HERE}.site:list_sites", "Show every site."),
    Verb("set", f"{_HERE}.site:set_settings", "Change settings of a site: key=value, as many as you like."),
    Verb("remove", f"{_HERE}.site_remove:remove", "Freeze a site for 7 days, then delete it; or delete it now."),
    Verb("restore", f"{_HERE}.site:restore", "Count a frozen site again."),
    Verb("history", f"{_HERE}.site:history", "Show who changed which setting when."),
)
GOAL = (
    Verb("add", f"{_HERE}.goal:add", "Add a goal: visits of a page, or uses of a feature."),
    Verb("list", f"{_HERE}.goal:list_goals", "Show the goals of one site or of all."),
    Verb("remove", f"{_HERE}.goal:remove", "Remove a goal by its name or number."),
)
USER = (
    Verb("add", f"{_HERE}.user:add", "Let someone sign in to the dashboard."),
    Verb("list", f"{_HERE}.user:list_users", "Show who may sign in, and what they may do."),
    Verb("grant", f"{_HERE}.user:grant", "Give someone a role, on one site or on all."),
    Verb("revoke", f"{_HERE}.user:revoke", "Take a role away."),
    Verb("password", f"{_HERE}.user:password", "Change a password, and end all sessions of that user."),
    Verb("remove", f"{_HERE}.user:remove", "Remove someone, with all roles and sessions."),
)
KEY = (
    Verb("add", f"{_HERE}.key:add", "Make an API key, and print it this once."),
    Verb("list", f"{_HERE}.key:list_keys", "Show the keys, without their secrets."),
    Verb("revoke", f"{_HERE}.key:revoke", "End a key for good."),
)
IMPORT = (
    Verb("accesslog", f"{_HERE}.import_:accesslog", "Count page views from a web server's access log."),
    Verb("footfall", f"{_HERE}.export:load", "Bring in what another Footfall exported."),
)
GEO = (Verb("update", f"{_HERE}.geo:update", "Fetch a geography file from DB-IP (no key needed) or MaxMind."),)
LISTS = (Verb("update", f"{_HERE}.lists:update", "Fetch public lists of search engines, networks and referrer spam."),)
SALT = (Verb("destroy", f"{_HERE}.salt:destroy", "Forget today's salt of a site now: nobody can be recognised."),)

REQUEST = (
    Verb("list", f"{_HERE}.request:list_requests", "Show what visitors asked for, the one due first first."),
    Verb("show", f"{_HERE}.request:show", "Show one request, with what was written."),
    Verb("extend", f"{_HERE}.request:extend", "Take two more months, once, with a reason."),
    Verb("close", f"{_HERE}.request:close", "Close a request; what was written is erased with that."),
    Verb("forward", f"{_HERE}.request:forward", "Hand a request that came to the operator to the site it is about."),
    Verb("letter", f"{_HERE}.request:letter", "Print a letter about a request."),
)
HOLD = (
    Verb("add", f"{_HERE}.hold:add", "Keep days of a site from being deleted, unseen, until a day of review."),
    Verb("list", f"{_HERE}.hold:list_holds", "Show what is on hold, and why."),
    Verb("release", f"{_HERE}.hold:release", "End a hold: its days come back, and age like all others."),
)
DATA = (
    Verb("delete", f"{_HERE}.data:delete", "Delete now what is older than a day, for good."),
    Verb("anonymise", f"{_HERE}.data:anonymise", "Add up what is older than a day, then delete it."),
    Verb("isolate", f"{_HERE}.hold:isolate", "Keep days of a site from being deleted, unseen, until a day of review."),
    Verb("confirm-date", f"{_HERE}.data:confirm_date", "Say that the clock is right, after it has leapt."),
)
CERTIFICATE = (
    Verb("list", f"{_HERE}.certificate:list_certificates", "Show which removals left a certificate."),
    Verb("verify", f"{_HERE}.certificate:verify", "Say whether a certificate was signed here and never changed."),
)
BACKUP = (
    Verb("keypair", f"{_HERE}.sealed:keypair", "Make the keys of a backup that only you can open."),
    Verb("open", f"{_HERE}.sealed:open_sealed", "Open a sealed backup of a site that was removed, with your key."),
)

SECTIONS = (
    Section(
        "Run it",
        (
            Verb("serve", f"{_HERE}.serve:serve", "Receive events and show the dashboard."),
            Verb("demo", f"{_HERE}.demo:demo", "Show the whole product with generated visits."),
            Verb(
                "doctor",
                f"{_HERE}.doctor:doctor",
                "Send a marked visit through the public address, and follow it to the report.",
            ),
            Verb("migrate", f"{_HERE}.migrate:migrate", "Bring registry and store to this release."),
        ),
    ),
    Section(
        "Sites",
        (
            Verb("site", "", "Add, change and remove sites.", SITE),
            Verb("goal", "", "What a site hopes its visitors do.", GOAL),
            Verb("snippet", f"{_HERE}.snippet:snippet", "Print the tag to paste into a site's pages."),
        ),
    ),
    Section(
        "Data in and out",
        (
            Verb("import", "", "Bring in what was counted elsewhere.", IMPORT),
            Verb("export", f"{_HERE}.export:export", "Write all that is kept of a site into a folder."),
            Verb("repair", f"{_HERE}.repair:repair", "Derive visits of past days anew, or store again what was lost."),
        ),
    ),
    Section(
        "Access",
        (
            Verb("user", "", "People who may sign in.", USER),
            Verb("key", "", "Keys for programs.", KEY),
        ),
    ),
    Section(
        "Data of others",
        (
            Verb("geo", "", "Where visits come from, by address.", GEO),
            Verb("lists", "", "Who is behind a referring host.", LISTS),
        ),
    ),
    Section(
        "Keep and forget",
        (
            Verb("hold", "", "Days that nobody may delete for now.", HOLD),
            Verb("data", "", "Delete, anonymise or isolate, by hand.", DATA),
            Verb(
                "erase",
                f"{_HERE}.erase:erase",
                "Erase days or pages of a site, or what belongs to one visitor's cookie.",
            ),
            Verb("certificate", "", "Proofs that a site was deleted.", CERTIFICATE),
        ),
    ),
    Section(
        "Copies",
        (
            Verb(
                "backup", f"{_HERE}.backup:backup", "Copy everything that must not be lost into a new folder.", BACKUP
            ),
            Verb("restore", f"{_HERE}.backup:restore", "Bring a backup back, into an installation that is empty."),
            Verb("move", f"{_HERE}.backup:move", "Copy the store to another one, as from embedded to a server."),
        ),
    ),
    Section(
        "Privacy",
        (
            Verb("audit", f"{_HERE}.audit:audit", "Check what is promised to visitors, and prove it."),
            Verb("notice", f"{_HERE}.notice:notice", "Print the text of the privacy notice."),
            Verb("register", f"{_HERE}.notice:register", "Print the record of processing, or an annex to it."),
            Verb("salt", "", "The random keys that visitor numbers are made with.", SALT),
            Verb("request", "", "What visitors asked a person for.", REQUEST),
            Verb("rescrub", f"{_HERE}.rescrub:rescrub", "Rewrite stored paths and texts by the rules of today."),
        ),
    ),
)

footfall = click.version_option(__version__, message="footfall %(version)s")(
    LazyGroup(
        SECTIONS,
        name="footfall",
        help="Web analytics that forgets who you are.\n\nBegin with `footfall demo`, or with `footfall serve` and "
        "`footfall site add example.com`. Settings are environment variables named FOOTFALL_…, or keys of "
        "footfall.toml in the working directory.",
    )
)
"""The command itself."""
