/* The widget: what it says, in which language, and what it leaves alone. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { readSection, readWords } from "../make/words.js";

const built = readFileSync(new URL("../dist/privacy.min.js", import.meta.url), "utf8");
const WORDS = readWords();
const say = (name, language = "en") => WORDS[name][WORDS.languages.indexOf(language)];

/* As much of an element as the widget touches. */
class Element {
  children = [];
  attributes = {};
  style = {};
  #text = "";
  constructor(tag, lang) {
    this.tag = tag;
    this.lang = lang;
  }
  append(...parts) {
    for (const part of parts) typeof part === "string" ? (this.#text += part) : this.children.push(part);
  }
  replaceChildren(...parts) {
    this.children = parts;
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  closest() {
    return this.lang ? this : this.parent;
  }
  set textContent(text) {
    this.#text = text;
  }
  get textContent() {
    return this.#text + this.children.map((child) => child.textContent).join(" ");
  }
  find(tag) {
    for (const child of this.children) {
      const found = child.tag === tag ? child : child.find(tag);
      if (found) return found;
    }
  }
}

/* A page with one such element. `state`: what the snippet says; none: it is not running. */
function openPolicy({ state, sent = [], lang = "en", language = "en-GB", inside = [], readyState = "interactive" } = {}) {
  const box = new Element("div", lang);
  box.children = inside;
  const listeners = [];
  const footfall = state && {
    status: () => ({ ...state }),
    sent: () => sent,
    optOut: async () => Object.assign(state, { state: "DROP", reason: "optout" }),
    optIn: async () => Object.assign(state, { state: "DAILY", reason: "daily" }),
  };
  const window = {
    footfall,
    navigator: { language },
    addEventListener: (type, work) => listeners.push(work),
    document: {
      readyState,
      currentScript: { src: "https://example.com/_f/s.privacy.js" },
      createElement: (tag) => new Element(tag),
      querySelectorAll: (selector) => (selector === "[data-footfall-privacy]" ? [box] : []),
    },
  };
  window.window = window;
  vm.runInContext(built, vm.createContext(window));
  return { box, window, load: () => listeners.forEach((work) => work()), text: (tag) => box.find(tag)?.textContent };
}

const STATES = [
  [{ state: "DAILY", reason: "daily" }, "yes", ""],
  [{ state: "COUNT", reason: "mode_none" }, "yes", ""],
  [{ state: "COOKIE", reason: "consent" }, "yes_consent", ""],
  ...["optout", "gpc", "dnt", "denied", "no_consent", "cookies_off"].map((why) => [{ state: "DROP", reason: why }, "no", why]),
  [{ state: "DROP", reason: "frame" }, "no", ""],
];

for (const [state, name, why] of STATES) {
  test(`it says in words what ${state.state}, ${state.reason} means`, () => {
    const words = why ? `${say(name)} ${say(why)}` : say(name);
    assert.equal(openPolicy({ state: { ...state } }).text("p"), words);
  });
}

test("one button stops and allows again, stays the same element, and the result is announced", async () => {
  const page = openPolicy({ state: { state: "DAILY", reason: "daily" } });
  const button = page.box.find("button");
  const result = page.box.children.find(({ attributes }) => attributes.role === "status");
  assert.equal(result.attributes["aria-live"], "polite");
  assert.deepEqual([button.attributes.type, button.textContent, result.textContent], ["button", say("stop"), ""]);
  await button.onclick();
  assert.deepEqual([button.textContent, result.textContent], [say("allow"), say("stopped")]);
  assert.equal(page.text("p"), `${say("no")} ${say("optout")}`);
  await button.onclick();
  assert.deepEqual([button.textContent, result.textContent], [say("stop"), say("allowed")]);
  assert.equal(page.box.find("button"), button);
});

test("it offers to stop nothing where blocked cookies already mean that nothing is measured", () => {
  const off = { reason: "cookies_off" };
  assert.equal(openPolicy({ state: { state: "DROP", ...off } }).box.find("button"), undefined);
  assert.equal(openPolicy({ state: { state: "COUNT", ...off } }).text("button"), say("stop"));
  assert.equal(openPolicy({ state: { state: "DROP", reason: "gpc" } }).text("button"), say("stop"));
});

test("it shows exactly what this page view has sent", () => {
  const events = [{ n: "pageview", u: "https://example.com/", id: "1" }];
  const page = openPolicy({ state: { state: "DAILY", reason: "daily" }, sent: events });
  assert.deepEqual(JSON.parse(page.text("pre")), events[0]);
  events.push({ n: "Sign up" });
  page.box.find("details").ontoggle();
  assert.match(page.text("pre"), /Sign up/);
  assert.equal(openPolicy({ state: { state: "DROP", reason: "gpc" } }).text("pre"), say("nothing"));
});

const CHOICES = [
  [{ lang: "de" }, "de"],
  [{ lang: "fr-CA" }, "fr"],
  [{ lang: "", language: "nl-BE" }, "nl"],
  [{ lang: "pt", language: "de" }, "en"],
];

for (const [options, language] of CHOICES) {
  test(`it speaks ${language} where the page says "${options.lang}"`, () => {
    const { box, text } = openPolicy({ ...options, state: { state: "DAILY", reason: "daily" } });
    assert.equal(text("button"), say("stop", language));
    assert.equal(box.lang, language);
    assert.equal(box.attributes["aria-label"], say("name", language));
    assert.equal(box.find("a").attributes.href, `https://example.com/_f/privacy?lang=${language}`);
  });
}

test("where the snippet is not running, what stands there is left alone", () => {
  const form = new Element("form");
  const page = openPolicy({ inside: [form] });
  page.load();
  assert.deepEqual(page.box.children, [form]);
  const empty = openPolicy();
  empty.load();
  assert.equal(empty.text("p"), `${say("no")} ${say("absent")}`);
  assert.equal(empty.box.find("button"), undefined);
});

test("it waits for a snippet that comes after it", () => {
  const page = openPolicy();
  assert.deepEqual(page.box.children, []);
  page.window.footfall = { status: () => ({ state: "DAILY", reason: "daily" }), sent: () => [] };
  page.load();
  assert.equal(page.text("button"), say("stop"));
});

test("its words are those of the visitor's pages, all of them in every language", () => {
  for (const [name, texts] of Object.entries(WORDS)) {
    assert.equal(texts.length, 5, name);
    assert.ok(texts.every((text) => text), name);
  }
  assert.deepEqual(readSection('\n[a]\nb = "c"\n\n[widget]\nx = "“y” \\"z\\""\n[d]\n', "widget"), { x: '“y” "z"' });
});
