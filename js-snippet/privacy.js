/* Widget: the visitor's choice inside the customer's own privacy policy. A file of its own, fetched only where a page has
 * `<div data-footfall-privacy></div>`.
 *
 * In: the snippet's `footfall`, and the words of five languages (put before this file by the build, from the catalogue of
 * the visitor's pages). Out: in each such element the state in words, one button, what this page view has sent, and a
 * link to the rest. It asks nothing of the server, stores nothing, and takes its looks from the page.
 * Where the snippet is not running, what stands in the element (a plain form, say) is left as it is.
 */
/* global WORDS -- {languages: [code…], name: [text in each language…]…} */
const base = document.currentScript.src.replace(/\/[^/]*$/, "");

const isThere = () => window.footfall?.status;

const make = (tag, parts, attributes = {}) => {
  const made = document.createElement(tag);
  made.append(...parts);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  return made;
};

function fill(box) {
  if (!isThere() && box.children.length) return;
  const code = (box.closest("[lang]")?.lang || navigator.language).slice(0, 2).toLowerCase();
  const language = Math.max(0, WORDS.languages.indexOf(code));
  const say = (name) => WORDS[name]?.[language] ?? "";

  const state = make("p", []);
  const button = make("button", [], { type: "button" });
  const result = make("p", [], { role: "status", "aria-live": "polite" });
  const list = make("pre", []);
  const sent = make("details", [make("summary", [say("sent")]), list]);
  const more = make("a", [say("more")], { href: `${base}/privacy?lang=${WORDS.languages[language]}` });
  // A finger needs more than the height of a line; and a long address must not widen the page.
  button.style.minHeight = "2.75em";
  list.style.whiteSpace = "pre-wrap";
  list.style.overflowWrap = "anywhere";

  /* Say how things are now. The button stays the same element, so that focus stays on it. */
  function draw() {
    const { state: kind, reason } = isThere() ? footfall.status() : { state: "DROP", reason: "absent" };
    const yes = kind == "COOKIE" ? "yes_consent" : "yes";
    state.textContent = kind == "DROP" ? `${say("no")} ${say(reason)}`.trim() : say(yes);
    button.textContent = say(reason == "optout" ? "allow" : "stop");
    const events = isThere() ? footfall.sent() : [];
    list.textContent = events.map((event) => JSON.stringify(event, null, 1)).join("\n") || say("nothing");
    return reason == "optout";
  }

  button.onclick = async () => {
    const wasOut = draw();
    await (wasOut ? footfall.optIn() : footfall.optOut());
    result.textContent = say(draw() ? "stopped" : "allowed");
  };
  sent.ontoggle = draw;
  draw();
  box.lang = WORDS.languages[language];
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", say("name"));
  // Where blocked cookies are a no already, there is nothing to stop and nowhere to keep it.
  const { state: kind, reason } = isThere() ? footfall.status() : { state: "DROP", reason: "cookies_off" };
  const hasButton = kind != "DROP" || reason != "cookies_off";
  box.replaceChildren(state, ...(hasButton ? [make("p", [button])] : []), result, sent, make("p", [more]));
}

const fillAll = () => document.querySelectorAll("[data-footfall-privacy]").forEach(fill);

// The snippet may come after us, but not after everything.
if (document.readyState == "complete" || isThere()) fillAll();
else addEventListener("load", fillAll);
