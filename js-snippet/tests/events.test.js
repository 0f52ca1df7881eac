/* What is told of an event, and what may never leave the browser with it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage, placeholder } from "./page.js";

const addressSent = (url, options = {}) => openPage({ url, ...options }).events()[0].u;
const zoneless = placeholder.replace("zone", "");

test("a page view is one small POST of text, with nothing but what it needs", () => {
  const page = openPage({
    url: "https://example.com/blog/hello-world",
    referrer: "https://www.google.com/",
    tag: { site: "example.com" },
  });
  const [{ address, init, body }] = page.requests;

  assert.equal(page.requests.length, 1);
  assert.equal(address, "https://example.com/_f/e");
  assert.deepEqual({ ...init, body: "" }, { method: "POST", body: "", keepalive: true, referrerPolicy: "origin" });
  assert.deepEqual(Object.keys(body), ["n", "u", "id", "r", "tz"]);
  assert.equal(body.n, "pageview");
  assert.equal(body.u, "https://example.com/blog/hello-world");
  assert.equal(body.r, "https://www.google.com/");
  assert.match(body.id, /^[0-9a-f]{32}$/);
  assert.match(body.tz, /^[\w+-]+(\/[\w+-]+)*$/);
});

test("the body of a page view is at most 160 bytes for a usual address", () => {
  const body = {
    ...openPage({
      url: "https://example.com/blog/hello-world",
      referrer: "https://www.google.com/",
      tag: { site: "example.com" },
    }).events()[0],
    tz: "Europe/Berlin",
  };
  assert.ok(JSON.stringify(body).length <= 160, `${JSON.stringify(body).length} bytes`);
});

test("two events never share an id", () => {
  const page = openPage();
  for (let turn = 0; turn < 500; turn += 1) page.footfall.track("Click");
  assert.equal(new Set(page.events().map(({ id }) => id)).size, 501);
});

const ADDRESSES = [
  ["a plain address", "https://example.com/a/b", "https://example.com/a/b"],
  ["no form data", "https://example.com/search?email=a%40b.example&q=secret", "https://example.com/search"],
  ["no fragment", "https://example.com/a#access_token=secret", "https://example.com/a"],
  ["no user or password", "https://jane:secret@example.com/a", "https://example.com/a"],
  ["a port", "http://localhost:8000/a", "http://localhost:8000/a"],
  ["campaign tags", "https://example.com/?utm_source=news&x=1&utm_campaign=spring%20sale",
    "https://example.com/?utm_source=news&utm_campaign=spring+sale"],
  ["ref and source", "https://example.com/?ref=a&source=b&src=c", "https://example.com/?ref=a&source=b"],
  ["a click id's name, not its value", "https://example.com/?gclid=SECRET", "https://example.com/?gclid=1"],
];

for (const [what, url, sent] of ADDRESSES) {
  test(`the address sent has ${what}`, () => assert.equal(addressSent(url), sent));
}

const CLICK_IDS = (
  "gclid gbraid wbraid dclid gad_source srsltid fbclid igshid igsh msclkid ttclid twclid li_fat_id yclid ysclid " +
  "mc_eid mc_cid epik sccid rdt_cid _hsenc _hsmi vero_id irclickid"
).split(" ");

for (const name of CLICK_IDS) {
  test(`of ${name} only the name is sent`, () => {
    assert.equal(addressSent(`https://example.com/?${name}=SECRET&${name}=AGAIN`), `https://example.com/?${name}=1`);
  });
}

test("a query name that the policy allows is kept", () => {
  const policy = `${placeholder},page,q`;
  assert.equal(
    addressSent("https://example.com/list?page=2&q=shoes&session=x", { policy }),
    "https://example.com/list?page=2&q=shoes",
  );
});

test("the referrer is sent without its query", () => {
  const [event] = openPage({ referrer: "https://mail.example.net/inbox/?id=secret" }).events();
  assert.equal(event.r, "https://mail.example.net/inbox/");
});

test("where there is no referrer none is sent", () => {
  assert.ok(!("r" in openPage().events()[0]));
});

test("only the first event of a document tells where the visitor came from", () => {
  const page = openPage({ url: "https://example.com/", referrer: "https://www.google.com/" });
  page.footfall.track("Signup");
  page.goTo("/next");
  assert.deepEqual(page.events().map(({ r }) => r), [
    "https://www.google.com/",
    "https://example.com",
    "https://example.com",
  ]);
});

test("the time zone is not read where the policy forbids it", () => {
  const page = openPage({
    policy: zoneless,
    before: (window) => (window.Intl = new Proxy({}, { get: () => assert.fail("read") })),
  });
  assert.ok(!("tz" in page.events()[0]));
});

test("the site is named only where it is not the page's host", () => {
  assert.ok(!("d" in openPage({ tag: { site: "example.com" } }).events()[0]));
  assert.ok(!("d" in openPage().events()[0]));
  assert.equal(openPage({ tag: { site: "example.com" }, url: "https://www.example.com/" }).events()[0].d, "example.com");
});

const COLLECTORS = [
  ["beside the script", {}, "https://example.com/_f/e"],
  ["at the root", { src: "https://example.com/s.js" }, "https://example.com/e"],
  ["beside a script with a query", { src: "https://example.com/_f/s.js?v=2" }, "https://example.com/_f/e"],
  ["where data-api says", { tag: { api: "https://stats.example.net" } }, "https://stats.example.net/e"],
  ["where a relative data-api says", { tag: { api: "/_f" } }, "/_f/e"],
];

for (const [where, options, address] of COLLECTORS) {
  test(`the collector is ${where}`, () => assert.equal(openPage(options).requests[0].address, address));
}

// Every browser that can read the script has fetch. Without it nothing could hear the server's no.
test("a page that took fetch away is not counted by other means", () => {
  const beacons = [];
  openPage({
    before: (window) => {
      window.fetch = undefined;
      window.navigator.sendBeacon = (...args) => beacons.push(args);
    },
  });
  assert.deepEqual(beacons, []);
});

test("sent() shows exactly what this page view sent", () => {
  const page = openPage();
  page.footfall.track("Signup", { props: { plan: "pro" } });
  assert.deepEqual(JSON.parse(JSON.stringify(page.footfall.sent())), page.events());

  page.goTo("/next");
  assert.deepEqual(JSON.parse(JSON.stringify(page.footfall.sent())), page.events().slice(-1));
});

const EXCLUDED = [
  ["/admin/**", ["/admin", "/admin/", "/admin/users/7"], ["/administrator", "/x/admin/a", "/"]],
  ["/cart", ["/cart"], ["/cart/", "/cart2", "/a/cart"]],
  ["/a/**,/b.html", ["/a/1", "/b.html"], ["/bxhtml", "/c"]],
  ["/u/*/edit", ["/u/7/edit"], ["/u/7"]],
  ["/c++/(x)", ["/c++/(x)"], ["/ccc/x"]],
];

for (const [pattern, inside, outside] of EXCLUDED) {
  test(`data-exclude="${pattern}" leaves out what it matches and nothing else`, () => {
    const isCounted = (path) =>
      openPage({ url: `https://example.com${path}`, tag: { exclude: pattern } }).events().length;
    assert.deepEqual(inside.map(isCounted), inside.map(() => 0));
    assert.deepEqual(outside.map(isCounted), outside.map(() => 1));
  });
}

test("an excluded page sends no feature events either, and the next page does again", () => {
  const page = openPage({ tag: { exclude: "/admin/**" } });
  page.goTo("/admin/users");
  page.footfall.track("Signup");
  page.goTo("/shop");
  page.footfall.track("Signup");
  assert.deepEqual(page.events().map(({ n, u }) => [n, u]), [
    ["pageview", "https://example.com/"],
    ["pageview", "https://example.com/shop"],
    ["Signup", "https://example.com/shop"],
  ]);
});
