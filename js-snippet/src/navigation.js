/* Navigation: which page views there are in a document that may show many pages.
 *
 * A new path is a new page, whether it was loaded, pushed, replaced, gone back to, or came out of the browser's page
 * cache. Another query or state of the same path is not.
 */
import { restartEngagement, tellEngagement } from "./engagement.js";
import { goTo, path, send } from "./events.js";
import { on, safe } from "./guard.js";
import { options } from "./options.js";
import { clean } from "./page.js";

export function pageview({ url = location } = {}) {
  tellEngagement();
  goTo(url);
  restartEngagement();
  return send("pageview");
}

const look = safe(() => clean(location)[0] == path || pageview());

export function watchNavigation() {
  if ("manual" in options) return;
  pageview();
  on("pageshow", (event) => event.persisted && pageview());
  on("popstate", look);
  ["pushState", "replaceState"].map((method) => {
    const original = history[method];
    history[method] = (...args) => {
      original.apply(history, args);
      look();
    };
  });
}
