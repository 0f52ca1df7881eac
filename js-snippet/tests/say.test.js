/* The visitor's say: whose signals are heard, and that a decline means silence. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./page.js";

const throwing = (name) => (window) =>
  Object.defineProperty(name === "cookie" ? window.document : window, name, {
    get() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });

const OPTED_OUT = { footfall_optout: "1" };
const granted = (signals) => ({ footfall_consent: `1.1.1700000000.g.${signals}` });
const denied = { footfall_consent: "1.1.1700000000.d.0" };

const DECLINED = [
  ["an opt-out cookie", "optout", { cookies: OPTED_OUT }],
  ["an opt-out in storage", "optout", { storage: OPTED_OUT }],
  ["an opt-out made for Plausible", "optout", { storage: { plausible_ignore: "true" } }],
  ["an opt-out made for Umami", "optout", { storage: { "umami.disabled": "1" } }],
  ["an opt-out made for GoatCounter", "optout", { storage: { skipgc: "t" } }],
  ["a denial", "denied", { cookies: denied }],
  ["Global Privacy Control", "gpc", { navigator: { globalPrivacyControl: true } }],
  ["Global Privacy Control despite an earlier consent", "gpc",
    { navigator: { globalPrivacyControl: true }, cookies: granted(0) }],
  ["Do Not Track", "dnt", { navigator: { doNotTrack: "1" } }],
  ["Do Not Track in old Firefox's word", "dnt", { navigator: { doNotTrack: "yes" } }],
  ["Do Not Track on the window", "dnt", { before: (window) => (window.doNotTrack = "1") }],
  ["cookies that are said to be off", "cookies_off", { navigator: { cookieEnabled: false } }],
  ["cookies that may not be read", "cookies_off", { before: throwing("cookie") }],
  ["storage that may not be touched", "cookies_off", { before: throwing("localStorage") }],
  ["a browser driven by a program", "bot", { navigator: { webdriver: true } }],
  ["another site's page around this one", "frame", { before: (window) => (window.top = {}) }],
  ["a file on a disk", "frame", { url: "file:///home/jane/page.html" }],
  ["a navigator that throws", "unreadable", { before: throwing("navigator") }],
];

for (const [what, reason, options] of DECLINED) {
  test(`${what} declines, and that means no request and no listener`, () => {
    const page = openPage({ url: "https://example.com/a", ...options });
    page.footfall.track("Signup", { props: { plan: "pro" } });
    page.footfall.pageview();
    page.goTo("/b");

    assert.deepEqual(page.events(), []);
    assert.deepEqual(page.listeners, []);
    assert.equal(page.footfall.sent().length, 0);
    assert.deepEqual({ ...page.footfall.status() }, { state: "DROP", reason });
  });
}

const COUNTED = [
  ["no signal at all", {}],
  ["Do Not Track off", { navigator: { doNotTrack: "0" } }],
  ["Do Not Track unspecified", { navigator: { doNotTrack: "unspecified" } }],
  ["Global Privacy Control off", { navigator: { globalPrivacyControl: false } }],
  ["Plausible's key withdrawn", { storage: { plausible_ignore: "false" } }],
  ["a consent given while Global Privacy Control was on",
    { navigator: { globalPrivacyControl: true }, cookies: granted(1) }],
  ["a consent given while Do Not Track was on", { navigator: { doNotTrack: "1" }, cookies: granted(1) }],
  ["a frame on the site's own page", { before: (window) => Object.assign(window, { top: {}, frameElement: {} }) }],
  ["the visitor's own yes beside a peer's opt-out", { storage: { footfall_optout: "0", skipgc: "t" } }],
];

for (const [what, options] of COUNTED) {
  test(`${what} lets one page view through`, () => {
    const page = openPage(options);
    assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
    assert.deepEqual({ ...page.footfall.status() }, { state: "DAILY", reason: "daily" });
  });
}

test("nothing is written before the visitor acts", () => {
  const page = openPage();
  page.goTo("/b");
  page.footfall.track("Signup");
  assert.deepEqual(page.cookies.writes, []);
  assert.deepEqual(page.window.localStorage, {});
});

test("an opt-out in another tab holds from the next event on", () => {
  const page = openPage();
  page.window.localStorage.footfall_optout = "1";
  page.footfall.track("Signup");
  assert.deepEqual(page.events("Signup"), []);
});

test("no attribute, global or argument of the page overrides the policy", () => {
  const page = openPage({
    navigator: { globalPrivacyControl: true },
    tag: { gpc: "ignore", mode: "daily", policy: "daily:DAILY" },
    stub: { policy: "daily:DAILY", rules: "daily:DAILY", q: [["track", "Signup", { force: true }]] },
  });
  assert.deepEqual(page.requests, []);
});

test("cookies that are off are told to the server where the policy counts them", () => {
  const page = openPage({
    policy: "frame bot optout cookies_off:COUNT daily:DAILY,1,zone,ref",
    navigator: { cookieEnabled: false },
  });
  assert.equal(page.events()[0].ck, 0);
  assert.equal(page.footfall.status().state, "COUNT");
});

test("a page that is only prerendered is neither counted nor lost", async () => {
  const page = openPage({ before: (window) => (window.document.prerendering = true) });
  page.footfall.track("Seen");
  await page.settle();
  assert.deepEqual(page.requests, []);

  page.window.document.prerendering = false;
  page.fire("prerenderingchange");
  await page.settle();
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview", "Seen"]);
});

test("a prerendered page asks the visitor when it is shown, not before", async () => {
  const page = openPage({ before: (window) => (window.document.prerendering = true) });
  page.window.localStorage.footfall_optout = "1";
  page.window.document.prerendering = false;
  page.fire("prerenderingchange");
  await page.settle();
  assert.deepEqual(page.requests, []);
});

for (const reason of ["gpc", "dnt", "optout", "denied", "bot"]) {
  test(`once the server has refused for ${reason}, the page is silent for the rest of its life`, async () => {
    const page = openPage({ refused: reason });
    await page.settle();
    page.footfall.track("Signup");
    page.goTo("/b");
    page.wait(9000);
    page.hide();
    await page.settle();
    assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
    assert.deepEqual({ ...page.footfall.status() }, { state: "DROP", reason });
    assert.deepEqual(page.window.localStorage, {});
    assert.deepEqual(page.cookies.writes, []);
  });
}

for (const reason of ["unknown_site", "wrong_host", "spam", "excluded", "no_visit", "duplicate", ""]) {
  test(`a refusal for "${reason}" says nothing of the visitor, and changes nothing`, async () => {
    const page = openPage({ refused: reason });
    await page.settle();
    page.footfall.track("Signup");
    assert.equal(page.events().length, 2);
  });
}

test("where the policy ignores a signal, a server that does not is no reason to stop", async () => {
  const page = openPage({ refused: "gpc", policy: "frame bot optout denied cookies_off daily:DAILY,1,zone,ref" });
  await page.settle();
  page.footfall.track("Signup");
  assert.equal(page.events().length, 2);
});

test("an opt-out known to the storage alone asks the server for its cookie, without a body", () => {
  const { requests } = openPage({ storage: OPTED_OUT });
  assert.deepEqual(requests.map(({ address, init }) => [address, init.method, init.body]), [
    ["https://example.com/_f/privacy/heal", "POST", undefined],
  ]);
});

test("an opt-out known to the cookie alone is written to the storage again, without a request", () => {
  const page = openPage({ cookies: OPTED_OUT });
  assert.equal(page.window.localStorage.footfall_optout, "1");
  assert.deepEqual(page.requests, []);
});

test("an opt-in by the server's cookie ends an opt-out in storage", () => {
  const page = openPage({ cookies: { footfall_optout: "0" }, storage: OPTED_OUT });
  assert.equal(page.window.localStorage.footfall_optout, "0");
  assert.equal(page.events().length, 1);
});

test("a collector on another origin is not asked for a cookie it cannot set", () => {
  const { requests } = openPage({ storage: OPTED_OUT, src: "https://stats.example.net/s.js" });
  assert.deepEqual(requests, []);
});

test("a relative data-api is on this origin", () => {
  const { requests } = openPage({ storage: OPTED_OUT, src: "https://cdn.example.net/s.js", tag: { api: "/_f" } });
  assert.deepEqual(requests.map(({ address }) => address), ["/_f/privacy/heal"]);
});

test("every call of a page whose visitor declined does nothing, throws nothing, and calls back", async () => {
  const page = openPage({ url: "https://example.com/a", navigator: { globalPrivacyControl: true } });
  const called = [];
  page.footfall.track("Signup", { props: { plan: "pro" }, revenue: { amount: 1, currency: "EUR" }, callback: () => called.push(1) });
  page.footfall.pageview({ url: "https://example.com/c" });
  page.goTo("/b");
  page.hide();
  await page.settle();

  assert.deepEqual(page.events(), []);
  assert.deepEqual([...page.footfall.sent()], []);
  assert.deepEqual(called, [1]);
});
