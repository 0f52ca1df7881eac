/* Post: the only way out of the page.
 *
 * In: a path below the collector's address, and what to tell, if anything. A string travels as text/plain, so no
 * preflight is needed; `keepalive` outlives the page; cookies go to the page's own origin only. `referrerPolicy` keeps
 * the page's query string out of the Referer header too.
 */
import { safe } from "./guard.js";
import { base } from "./options.js";

export const post = safe((path, event) => {
  const address = base + path;
  const body = JSON.stringify(event);
  return window.fetch
    ? fetch(address, { method: "POST", body, keepalive: true, referrerPolicy: "origin" })
    : navigator.sendBeacon(address, body);
});
