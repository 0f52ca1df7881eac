/* What visitors use: told by code, by markup, by links and forms; and calls made before the snippet was there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { element, link, openPage } from "./page.js";

const features = (page) => page.events().filter(({ n }) => n !== "pageview").map(({ n, p }) => [n, p]);

test("track tells name, properties, revenue and whether it was the visitor's doing", () => {
  const page = openPage();
  page.footfall.track("Order", {
    props: { plan: "pro", seats: 3 },
    revenue: { amount: "12.50", currency: "EUR" },
    interactive: false,
  });
  const [, { n, p, $, i }] = page.events();
  assert.deepEqual([n, p, $, i], ["Order", { plan: "pro", seats: 3 }, { amount: "12.50", currency: "EUR" }, false]);
});

test("a name alone is enough", () => {
  const page = openPage();
  page.footfall.track("404");
  assert.deepEqual(Object.keys(page.events("404")[0]), ["n", "u", "id", "r", "tz"]);
});

const offline = (window) => (window.fetch = () => Promise.reject(new TypeError("offline")));
const speechless = (window) => (window.JSON = {});

for (const [what, options] of [
  ["sent", {}],
  ["declined", { navigator: { globalPrivacyControl: true } }],
  ["lost", { before: offline }],
  ["impossible to write down", { before: speechless }],
]) {
  test(`the callback runs once when the event was ${what}`, async () => {
    let calls = 0;
    openPage(options).footfall.track("Leave", { callback: () => (calls += 1) });
    await new Promise(setImmediate);
    assert.equal(calls, 1);
  });
}

test("a marked element tells its attributes, wherever inside it the click was", () => {
  const page = openPage();
  const button = element("BUTTON", {
    class: "big",
    href: "/secret",
    "data-id": "7",
    "data-footfall-event": "Sign up",
    "data-footfall-plan": "pro",
    "data-footfall-from-page": "pricing",
  });
  page.click(element("SPAN"), button, element("BODY"));
  assert.deepEqual(features(page), [["Sign up", { plan: "pro", "from-page": "pricing" }]]);
});

test("a click between marked elements tells all of them", () => {
  const page = openPage();
  page.click(element("A", { "data-footfall-event": "Inner" }), element("DIV", { "data-footfall-event": "Outer" }));
  assert.deepEqual(features(page).map(([name]) => name), ["Inner", "Outer"]);
});

test("a mark without a name tells nothing", () => {
  const page = openPage();
  page.click(element("DIV", { "data-footfall-privacy": "" }), element("DIV", { "data-footfall-event": "" }));
  assert.deepEqual(features(page), []);
});

test("a marked form is used when it is submitted, not when it is clicked", () => {
  const page = openPage();
  const form = element("FORM", { "data-footfall-event": "Search" });
  const section = element("SECTION", { "data-footfall-event": "Section" });
  page.click(element("INPUT"), form);
  assert.deepEqual(features(page), []);
  page.submit(form, section);
  assert.deepEqual(features(page), [["Search", {}]]);
});

const AUTOMATIC = [
  ["outbound", link("https://other.example/a?token=secret#x"),
    ["Outbound Link: Click", { url: "https://other.example/a" }]],
  ["outbound", link("https://example.com/inside"), undefined],
  ["outbound", link("mailto:jane@example.com"), undefined],
  ["downloads", link("https://example.com/files/report.PDF?for=jane"),
    ["File Download", { url: "https://example.com/files/report.PDF" }]],
  ["downloads", link("https://example.com/files/report.html"), undefined],
  ["downloads", link("https://example.com/pdf"), undefined],
];

for (const [option, target, expected] of AUTOMATIC) {
  test(`data-${option} and a link to ${target.origin}${target.pathname}: ${expected ? expected[0] : "nothing"}`, () => {
    const asked = openPage({ tag: { [option]: "" } });
    asked.click(element("IMG"), target);
    assert.deepEqual(features(asked), expected ? [expected] : []);

    const unasked = openPage();
    unasked.click(element("IMG"), target);
    assert.deepEqual(features(unasked), []);
  });
}

test("a download from elsewhere is a download, and once", () => {
  const page = openPage({ tag: { downloads: "", outbound: "" } });
  page.click(link("https://cdn.example.net/app.dmg"));
  assert.deepEqual(features(page).map(([name]) => name), ["File Download"]);
});

test("data-forms tells that a form was submitted, and nothing of what was in it", () => {
  const page = openPage({ tag: { forms: "" } });
  // A field may be called like the form's own properties.
  page.submit({ ...element("FORM", { action: "/login" }), origin: element("INPUT"), pathname: element("INPUT") });
  assert.deepEqual(features(page), [["Form: Submission", undefined]]);
});

test("calls made before loading are made up for, after the page view", () => {
  const page = openPage({ stub: { q: [["track", "Early", { props: { a: 1 } }], ["nonsense"], ["track", "Late"]] } });
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview", "Early", "Late"]);
});

test("a choice made before loading comes before the first page view", () => {
  const page = openPage({ stub: { q: [["track", "Early"], ["consent", "denied"]] } });
  assert.deepEqual(page.events(), []);
  assert.equal(page.footfall.status().reason, "denied");
});

test("an element called footfall is no stub", () => {
  const page = openPage({ stub: { tagName: "DIV", id: "footfall" } });
  assert.equal(page.events().length, 1);
  assert.equal(typeof page.footfall.track, "function");
});

test("two tags on one page count once", () => {
  const first = openPage();
  const second = openPage({ stub: first.footfall });
  assert.deepEqual(second.requests, []);
  assert.equal(second.footfall, first.footfall);
});
