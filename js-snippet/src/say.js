/* Say: what the visitor wants, read from the browser anew before every event, and what follows from it.
 *
 * Out: `status()` -> {state, reason}: the first of the policy's rules whose fact holds. State is DROP (nothing is
 * sent), COUNT (no identity), DAILY (a number for one day) or COOKIE (the consented id). The server decides again, by
 * the same vectors (vectors/decide.json), and has the last word.
 * Invariant: declining wins, because the rules that DROP stand first. Nothing is written here, but that an opt-out's
 * cookie renews the opt-out in storage.
 */
import { rules } from "./policy.js";

/* What this page was told: an opt-out where there is no storage or where it is full, and the reasons for which the
 * server refused an event. Those that are no rule of the policy, such as a wrong host, mean nothing. */
export const memory = {};

export let storage, facts, aware, inCookie;

export function status() {
  let cookie;
  let state = "DROP";
  let reason = "unreadable";
  storage = memory;
  try {
    try {
      cookie = document.cookie;
      [, inCookie] = /footfall_optout=(\w)/.exec(cookie) || "";
      storage = localStorage || memory;
      if (inCookie) storage.footfall_optout = inCookie;
    } catch {
      // Chromium with cookies blocked still says that they are enabled; only touching the storage tells.
    }
    const [, consent, signals] = /footfall_consent=1[.\w]*\.([gd])\.(\w)/.exec(cookie) || "";
    // A consent given while a signal was on is later and more specific than the signal.
    aware = consent == "g" && signals > 0;
    // "1", "t", "true" and "yes" are in use for yes; "0", "no", "false", "unspecified" and nothing at all are not.
    facts = {
      // Inside another site's page there is no visit to this site, and a file on a disk belongs to no site.
      frame: (top != self && !frameElement) || !location.host,
      bot: navigator.webdriver,
      // "0" means allowed again: it is stronger than what another tracker's opt-out left behind.
      optout: /1|t|yes/.test(
        inCookie || storage.footfall_optout || memory.footfall_optout
        || [storage.plausible_ignore, storage["umami.disabled"], storage.skipgc],
      ),
      denied: consent == "d",
      gpc: !aware && navigator.globalPrivacyControl,
      dnt: !aware && /1|t|yes/.test([navigator.doNotTrack, window.doNotTrack]),
      cookies_off: !navigator.cookieEnabled || storage == memory,
      no_consent: !consent,
      consent,
      ...memory,
    };
    // The last rule is what holds when no other does.
    rules.split(" ").find((rule) => ([reason, state = "DROP"] = rule.split(":"), facts[reason]));
  } catch {
    // Who cannot be asked has declined.
  }
  return { state, reason };
}
