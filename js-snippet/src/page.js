/* Page: an address as it may leave the browser.
 *
 * Out: [path, url]. The url has no user and no fragment, and of the query only campaign tags and the names that the
 * policy allows. A click id keeps its name and loses its value: it says which network, not who. The path is what makes
 * one page differ from another.
 */
import { options } from "./options.js";
import { keptNames } from "./policy.js";

/* Parts of the names by which networks mark a click: gclid, fbclid, msclkid, li_fat_id, mc_eid, _hsenc… */
const CLICK_ID = /cl(ic)?k?id|braid|gad_|srsltid|fat_|igsh|mc_[ce]|epik|scc|rdt_|_hs|vero/;

export function clean(address) {
  const page = new URL(address, location);
  const query = page.searchParams;
  [...query.keys()].map((name) => {
    if (CLICK_ID.test(name)) query.set(name, 1);
    else if (!/^utm_/.test(name) && !keptNames.includes(name)) query.delete(name);
  });
  // A route looks like "#/…" or "#!/…"; what follows a "?" in it is a query like any other, and goes.
  const route = "hash" in options && /^#!?\/[^?]*/.exec(page.hash) || "";
  return [page.pathname + route, page.origin + page.pathname + page.search + route];
}

/* `data-exclude="/admin/**,/cart"`: stars stand for anything, and a last "/**" also for nothing.
 * Without the attribute this is the pattern of a path that does not exist: "undefined". */
export const excluded = RegExp("^(" + (options.exclude + "").replace(/\/?\*+|\W/g, (part) =>
  part[1] ? "(/.*)?" : part == "*" ? ".*" : part == "," ? "|" : "\\" + part) + ")$");
