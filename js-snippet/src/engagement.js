/* Engagement: how long a page was seen and how far it was read.
 *
 * Time runs while the page is visible and has the focus; depth is the deepest point seen, in per cent. Both are told
 * when the page is hidden or left, and again only after three more seconds.
 */
import { send } from "./events.js";
import { on } from "./guard.js";
import { tellVitals } from "./sample.js";

let isSeen, since, seenMs, leastMs, depth;

function tick() {
  const now = performance.now();
  if (isSeen) seenMs += now - since;
  since = now;
  isSeen = !document.hidden && document.hasFocus();
  depth = Math.max(depth, (scrollY + innerHeight) / document.documentElement.scrollHeight * 100);
}

export function tellEngagement() {
  tellVitals();
  tick();
  if (seenMs >= leastMs) {
    send("engagement", { e: seenMs | 0, sd: Math.round(depth) });
    seenMs = 0;
    leastMs = 3000;
  }
}

export function restartEngagement() {
  seenMs = depth = 0;
  leastMs = 1;
}

export function watchEngagement() {
  on("focus blur scroll", tick);
  on("visibilitychange pagehide", tellEngagement);
}
