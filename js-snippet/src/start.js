/* Start: nothing is watched and nothing is sent before the visitor's say allows it.
 *
 * Called when the page has loaded, and again after each choice of the visitor. Watching starts once and does not end:
 * every event asks again.
 */
import { watchEngagement } from "./engagement.js";
import { watchFeatures } from "./features.js";
import { safe } from "./guard.js";
import { watchNavigation } from "./navigation.js";
import { isOwn } from "./options.js";
import { post } from "./post.js";
import { measureVitals } from "./sample.js";
import { inCookie, status } from "./say.js";

let watching;

export const start = safe(() => {
  const { state, reason } = status();
  if (state != "DROP") {
    if (watching) return;
    watching = true;
    watchFeatures();
    watchEngagement();
    watchNavigation();
    measureVitals();
  } else if (reason == "optout" && !inCookie && isOwn()) {
    // Only the storage knows of this opt-out. The server can set the cookie that lasts, if it is on this very origin.
    return post("/privacy/heal");
  }
});
