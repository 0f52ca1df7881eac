/* Footfall's snippet: tells the collector what was visited and used, after asking the visitor's browser whether it may.
 *
 * Read on in src/, in this order: policy, say (may we?), page (what may leave the browser), events (telling one), then
 * the three that watch: engagement, navigation, features; start and choices tie them together. vitals.js is the one
 * part that most visitors never fetch. make/ joins and shrinks it all into dist/.
 * Invariants: one global, `footfall`; it never throws; it writes nothing before the visitor acts; when the visitor
 * declined it sends nothing and listens to nothing.
 */
import { consent, optIn, optOut } from "./src/choices.js";
import { sent } from "./src/events.js";
import { track } from "./src/features.js";
import { safe } from "./src/guard.js";
import { pageview } from "./src/navigation.js";
import { status } from "./src/say.js";
import { start } from "./src/start.js";

const stub = window.footfall;

// Two tags on a page count once.
if (!stub?.sent) {
  const api = window.footfall = {
    track: safe(track),
    pageview: safe(pageview),
    optOut: safe(optOut),
    optIn: safe(optIn),
    consent: safe(consent),
    status,
    sent,
  };
  const replay = (names) => stub?.q?.map(([name, ...args]) => names.test(name) && api[name](...args));
  status();
  // A choice made before we were loaded goes before the first page view, everything else after it.
  replay(/^[oc]/);
  start();
  replay(/^[tp]/);
}
