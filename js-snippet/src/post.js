/* Post: the only way out of the page.
 *
 * In: a path below the collector's address, and what to tell, if anything. A string travels as text/plain, so no
 * preflight is needed; `keepalive` outlives the page; cookies go to the page's own origin only. `referrerPolicy` keeps
 * the page's query string out of the Referer header too.
 * The answer may say that the visitor declined in a way that only the server could see, such as a signal that a proxy
 * put into the headers. That is remembered as long as the page lives, and say.js hears it.
 */
import { base } from "./options.js";
import { memory } from "./say.js";

export const post = async (path, event) => {
  const answer = await fetch(base + path, {
    method: "POST",
    body: JSON.stringify(event),
    keepalive: true,
    referrerPolicy: "origin",
  });
  memory[answer.headers.get("X-Refused")] = 1;
};
