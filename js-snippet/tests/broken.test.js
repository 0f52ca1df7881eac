/* Fifty broken pages: whatever a page or a browser lacks, the snippet neither throws nor makes a promise that rejects. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { element, link, openPage } from "./page.js";

const boom = () => {
  throw new Error("broken");
};
const throwsOn = (pick, name) => (window) => Object.defineProperty(pick(window), name, { get: boom, set: boom });
const lacks = (pick, name) => (window) => Object.defineProperty(pick(window), name, { value: undefined });
const is = (pick, name, value) => (window) => Object.defineProperty(pick(window), name, { value });
const freezes = (names) => (window, run) => run(`for (const name of [${names}]) Object.freeze(name.prototype)`);
const runs = (code) => (window, run) => run(code);

const all = (...breaks) => (window) => breaks.forEach((breaking) => breaking(window));
const win = (window) => window;
const doc = (window) => window.document;
const nav = (window) => window.navigator;
const root = (window) => window.document.documentElement;

const RUBBISH = [["track"], [], ["consent"], ["pageview", 7], ["track", null, null]];

const PAGES = [
  ["no fetch", lacks(win, "fetch")],
  ["no sendBeacon", lacks(nav, "sendBeacon")],
  ["neither fetch nor sendBeacon", all(lacks(win, "fetch"), lacks(nav, "sendBeacon"))],
  ["a fetch that throws", is(win, "fetch", boom)],
  ["a fetch that rejects", is(win, "fetch", () => Promise.reject(new TypeError("blocked")))],
  ["a fetch that returns nothing", is(win, "fetch", () => undefined)],
  ["a fetch that returns a half promise", is(win, "fetch", () => ({ then: boom }))],
  ["a sendBeacon that throws", all(lacks(win, "fetch"), is(nav, "sendBeacon", boom))],
  ["a frozen Object.prototype", freezes("Object")],
  ["frozen Array and Function prototypes", freezes("Array, Function")],
  ["frozen prototypes of everything", freezes("Object, Array, Function, String, Number, Promise, RegExp, Date")],
  ["a frozen history", (window) => Object.freeze(window.history)],
  ["a frozen document", (window) => Object.freeze(window.document)],
  ["a frozen navigator", (window) => Object.freeze(window.navigator)],
  ["no history", lacks(win, "history")],
  ["a history without pushState", lacks((window) => window.history, "pushState")],
  ["storage that throws", throwsOn(win, "localStorage")],
  ["no storage", lacks(win, "localStorage")],
  ["storage that is null", is(win, "localStorage", null)],
  ["storage that is full", is(win, "localStorage", new Proxy({}, { set: boom }))],
  ["storage that cannot be read", is(win, "localStorage", new Proxy({}, { get: boom }))],
  ["cookies that throw", throwsOn(doc, "cookie")],
  ["cookies that are undefined", lacks(doc, "cookie")],
  ["cookies that are rubbish", is(doc, "cookie", "=;;;footfall_optout;footfall_consent=1;%E0%A4%A")],
  ["storage and cookies that throw", all(throwsOn(win, "localStorage"), throwsOn(doc, "cookie"))],
  ["no navigator", lacks(win, "navigator")],
  ["a navigator that throws", throwsOn(win, "navigator")],
  ["a navigator whose signals throw", throwsOn(nav, "globalPrivacyControl")],
  ["no document element", lacks(doc, "documentElement")],
  ["a document element without height", is(root, "scrollHeight", 0)],
  ["a document element that throws", throwsOn(root, "scrollHeight")],
  ["no body and no focus", lacks(doc, "hasFocus")],
  ["no referrer", lacks(doc, "referrer")],
  ["no script of its own", is(doc, "currentScript", null)],
  ["a script without an address", (window) => lacks((page) => page.document.currentScript, "src")(window)],
  ["no performance", lacks(win, "performance")],
  ["an answer without headers", is(win, "fetch", () => Promise.resolve({}))],
  ["a clock that throws", is((window) => window.performance, "now", boom)],
  ["no Intl", runs("delete globalThis.Intl")],
  ["a time zone that throws", runs("Intl.DateTimeFormat = () => { throw new RangeError() }")],
  ["no JSON", runs("JSON = undefined")],
  ["no URL", lacks(win, "URL")],
  ["a URL that throws", is(win, "URL", boom)],
  ["an addressless location", is(win, "location", {})],
  ["a location that throws", throwsOn(win, "location")],
  ["no addEventListener", lacks(win, "addEventListener")],
  ["an addEventListener that throws", is(win, "addEventListener", boom)],
  ["a global that cannot be set", is(win, "footfall", "theirs")],
  ["a global that throws when it is set", (window) => Object.defineProperty(window, "footfall", { get() {}, set: boom })],
  ["a queue of rubbish", (window) => (window.footfall = { q: RUBBISH })],
  ["a queue that is no queue", (window) => (window.footfall = { q: 7 })],
  ["a toString on Object.prototype", runs("Object.prototype.data = boom = () => { throw 1 }")],
  ["a patched Array.prototype.map", runs("Array.prototype.map = () => { throw new Error() }")],
  ["a patched String.prototype.split", runs("String.prototype.split = () => null")],
  ["a patched RegExp", runs("RegExp.prototype.exec = () => { throw new Error() }")],
  ["no Promise to speak of", runs("Promise = undefined")],
  ["a top window that throws", throwsOn(win, "top")],
];

const CLICKED = [
  [element("A", { "data-footfall-event": "Go" })],
  [link("https://other.example/file.pdf")],
  [{}],
  [{ attributes: 7, tagName: "A" }],
  [{ tagName: "A", get attributes() { return boom(); } }],
];

/* Everything that the page or the browser may call. */
function useEverything({ footfall, fire, click, submit }) {
  for (const target of CLICKED) {
    click(...target);
    submit(...target);
  }
  for (const type of ["focus", "blur", "scroll", "visibilitychange", "pagehide", "popstate", "pageshow"]) fire(type);
  fire("pageshow", { persisted: true });
  fire("click", { composedPath: undefined });
  if (typeof footfall?.status !== "function") return;
  const cycle = {};
  cycle.cycle = cycle;
  for (const name of [undefined, null, "Name", 404, {}, Symbol("name")]) footfall.track(name, { props: cycle });
  footfall.track("Name", null);
  footfall.track("Name", { callback: 7, props: 10n });
  footfall.pageview();
  footfall.pageview(null);
  footfall.pageview({ url: "http://[" });
  for (const choice of [undefined, null, 7, "granted", "denied"]) footfall.consent(choice);
  footfall.optOut();
  footfall.optIn();
  assert.equal(typeof footfall.status().state, "string");
  assert.equal(typeof footfall.sent().length, "number");
}

test("there are fifty of them", () => assert.ok(PAGES.length >= 50));

for (const [what, before] of PAGES) {
  test(`a page with ${what} is left in peace`, async () => {
    // A rejected promise that nobody handles fails this test as well: the runner sees to it.
    const page = openPage({
      tag: { hash: "", outbound: "", downloads: "", forms: "", exclude: "/admin/**", vitals: "100" },
      before: (window, run) => void before(window, run),
    });
    useEverything(page);
    await page.settle();
  });
}
