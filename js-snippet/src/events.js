/* Events: telling one, in the collector's wire format (README, "Wire format").
 *
 * In: a name, and the fields that only this kind of event has. Out: a promise, fulfilled when the collector has
 * answered or nothing was to be sent. The visitor is asked again before each event.
 * An event is about the page last gone to. That is not always the one in the address bar: when we learn that a page was
 * left, its address is gone already.
 */
import { on, safe } from "./guard.js";
import { options } from "./options.js";
import { clean, excluded } from "./page.js";
import { zone } from "./policy.js";
import { post } from "./post.js";
import { facts, status } from "./say.js";

export let [path, url] = clean(location);
let log = [];
let referrer = document.referrer.split("?")[0];

export const goTo = (address) => {
  [path, url] = clean(address);
  log = [];
};

/* What this page view has sent so far, for the visitor to see. */
export const sent = () => log;

export const send = safe(async (n, fields = {}) => {
  // The browser only guesses that this page will be wanted: it is no visit yet.
  if (document.prerendering) await new Promise((done) => on("prerenderingchange", done));
  const { state } = status();
  // Engagement (`e`) belongs to a visit, and without a visitor's number there is none.
  if (state == "DROP" || excluded.test(path) || (fields.e && state == "COUNT")) return;
  const event = {
    n,
    u: url,
    d: options.site != location.hostname ? options.site : undefined,
    ck: facts.cookies_off ? 0 : undefined,
    // 32 digits, new for every event: they make a resend harmless and name nobody.
    id: "",
    ...fields,
  };
  if (!fields.e) {
    event.r = referrer || undefined;
    // Whatever comes next was not reached from outside.
    referrer = location.origin;
    if (zone) event.tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
  while (!event.id[31]) event.id += Math.random() * 10 | 0;
  log.push(event);
  return post("/e", event);
});
