/* Web vitals: asked for by few, measured by a file of its own, told once. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { openPage } from "./page.js";

const built = readFileSync(new URL("../dist/vitals.min.js", import.meta.url), "utf8");

/* What a browser would have seen by the time it is asked, by entry type. */
const USUAL = {
  navigation: [{ responseStart: 81.4, activationStart: 0 }],
  paint: [{ name: "first-paint", startTime: 300 }, { name: "first-contentful-paint", startTime: 412.6 }],
  "largest-contentful-paint": [{ startTime: 412.6 }, { startTime: 1503.2 }],
  event: [{ interactionId: 7, duration: 48 }, { interactionId: 9, duration: 160 }, { interactionId: 0, duration: 900 }],
  "layout-shift": [
    { startTime: 500, value: 0.02 },
    { startTime: 1400, value: 0.03 },
    { startTime: 2000, value: 0.5, hadRecentInput: true },
    { startTime: 2500, value: 0.04 },
  ],
};

/* The built module in a page that has seen `entries`: what to call on leaving, and what it sent by then. */
function measure(entries, { hidden = false, late = {} } = {}) {
  const sent = [];
  class PerformanceObserver {
    static supportedEntryTypes = Object.keys(entries);
    constructor(work) {
      this.work = work;
    }
    observe({ type }) {
      this.type = type;
      this.work({ getEntries: () => entries[type] });
    }
    takeRecords() {
      return late[this.type] ?? [];
    }
  }
  const performance = { getEntriesByType: (type) => entries[type] };
  const context = vm.createContext({ PerformanceObserver, performance, document: { hidden } });
  const leave = vm.runInContext(built.replace("export default ", "measure=") + ";measure", context);
  return { leave: leave((name, fields) => sent.push([name, JSON.parse(JSON.stringify(fields))])), sent };
}

const propsOf = (entries, options) => {
  const { leave, sent } = measure(entries, options);
  leave();
  return sent[0]?.[1].p;
};

test("the five of them are one event of whole numbers that is not the visitor's doing", () => {
  const { leave, sent } = measure(USUAL);
  assert.deepEqual(sent, []);
  leave();
  leave();
  const p = { lcp: 1503, inp: 160, cls: 50, fcp: 413, ttfb: 81 };
  assert.deepEqual(sent, [["Web Vitals", { p, i: false }]]);
});

test("what a browser does not measure is left out, and what did not happen as well", () => {
  const { navigation, paint } = USUAL;
  assert.deepEqual(propsOf({ navigation, paint }), { fcp: 413, ttfb: 81 });
  assert.deepEqual(propsOf({ navigation, paint, event: [], "layout-shift": [] }), { cls: 0, fcp: 413, ttfb: 81 });
});

test("what was seen last is taken along", () => {
  const late = { event: [{ interactionId: 11, duration: 320 }] };
  assert.equal(propsOf(USUAL, { late }).inp, 320);
});

const shift = (startTime, value) => ({ startTime, value });
const BURSTS = [
  ["shifts within a second of each other are one burst", [shift(100, 0.1), shift(1000, 0.1), shift(1900, 0.1)], 300],
  ["a second of rest ends a burst", [shift(100, 0.1), shift(1200, 0.3), shift(2500, 0.1)], 300],
  ["a burst lasts five seconds at most", Array.from({ length: 12 }, (_, n) => shift(n * 900, 0.1)), 600],
];

for (const [what, shifts, cls] of BURSTS) {
  test(what, () => assert.equal(propsOf({ ...USUAL, "layout-shift": shifts }).cls, cls));
}

test("a document that nobody waited for is not measured", () => {
  assert.equal(propsOf(USUAL, { hidden: true }), undefined);
  assert.equal(propsOf({ ...USUAL, navigation: [{ responseStart: 5, activationStart: 900 }] }), undefined);
});

test("a document that has painted nothing is not told about", () => {
  assert.equal(propsOf({ ...USUAL, paint: [] }), undefined);
});

/* A module whose measuring is over at once. */
const vitals = { default: (send) => () => send("Web Vitals", { p: { lcp: 1 }, i: false }) };

test("data-vitals fetches what measures from beside the script, and tells on leaving", async () => {
  const page = openPage({ tag: { vitals: "100" }, vitals });
  await page.settle();
  assert.deepEqual(page.fetched, ["./s.vitals.js"]);
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
  page.goTo("/next");
  assert.deepEqual(page.events().map(({ n, u, i }) => [n, u, i]), [
    ["pageview", "https://example.com/", undefined],
    ["Web Vitals", "https://example.com/", false],
    ["pageview", "https://example.com/next", undefined],
  ]);
});

test("of a hundred documents as many are measured as the tag says", () => {
  const fetchedAt = (vitals, random) =>
    openPage({ tag: { vitals }, before: (window, run) => run(`Math.random = () => ${random}`) }).fetched.length;
  assert.deepEqual([0, 0.05, 0.0999, 0.1, 0.5, 0.999].map((random) => fetchedAt("10", random)), [1, 1, 1, 0, 0, 0]);
  assert.deepEqual(["100", "0", "", "many", undefined].map((share) => fetchedAt(share, 0.999)), [1, 0, 0, 0, 0]);
});

test("who declined fetches nothing, and a choice made later holds for the vitals too", async () => {
  const declined = openPage({ tag: { vitals: "100" }, vitals, navigator: { globalPrivacyControl: true } });
  assert.deepEqual(declined.fetched, []);

  const page = openPage({ tag: { vitals: "100" }, vitals });
  await page.settle();
  page.footfall.optOut();
  page.hide();
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
});

for (const [what, module] of [
  ["is missing", undefined],
  ["throws, as where there is no PerformanceObserver", { default: () => { throw new ReferenceError("lacking"); } }],
  ["is something else", {}],
]) {
  test(`a page is left in peace when what measures ${what}`, async () => {
    const page = openPage({ tag: { vitals: "100" }, vitals: module });
    await page.settle();
    page.wait(5000);
    page.hide();
    assert.deepEqual(page.events().map(({ n }) => n), ["pageview", "engagement"]);
  });
}
