/* Features: what visitors use, told by the page's code, by its markup, or, where the tag asks for it, by links and forms.
 *
 * Invariant: a form's fields are never read, and an address loses its query and fragment.
 */
import { send } from "./events.js";
import { on } from "./guard.js";
import { options } from "./options.js";

const DOWNLOAD = /\.(pdf|zip|gz|dmg|exe|csv|doc|xls|ppt|mp\d)x?$/i;

export const track = (name, { props, revenue, interactive, callback } = {}) =>
  send(name, { p: props, $: revenue, i: interactive }).then(callback);

/* `data-footfall-event="Sign up" data-footfall-plan="pro"` is track("Sign up", {props: {plan: "pro"}}). */
export const watchFeatures = () => on("click submit", (event) => {
  const submitted = event.type == "submit";
  // The composed path sees into open shadow trees too.
  event.composedPath().map(({ tagName, attributes, origin, pathname }) => {
    // A form is used when it is submitted, everything else when it is clicked.
    if (submitted != (tagName == "FORM")) return;
    const marks = {};
    // All attributes that are not ours end up under the key "undefined", and are taken out again with it.
    for (const { name, value } of attributes || []) marks[name.split("footfall-")[1]] = value;
    const { event: marked, undefined: others, ...props } = marks;
    if (marked) track(marked, { props });
    // Only links have an origin and a pathname.
    const automatic =
      "downloads" in options && DOWNLOAD.test(pathname) ? "File Download"
      : "outbound" in options && /^http/.test(origin) && origin != location.origin && "Outbound Link: Click";
    if (automatic) track(automatic, { props: { url: origin + pathname } });
  });
  if (submitted && "forms" in options) track("Form: Submission");
});
