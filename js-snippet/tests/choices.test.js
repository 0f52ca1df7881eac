/* What visitors decide on the page itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./page.js";

const HYBRID = "frame bot optout denied gpc dnt cookies_off consent:COOKIE daily:DAILY,v7,zone,ref";
const CONSENT_ONLY = "frame bot optout denied gpc dnt cookies_off no_consent consent:COOKIE daily:DAILY,v7,zone,ref";

test("after optOut the next event is off, in storage too, and the server is asked for the cookie", async () => {
  const page = openPage();
  page.footfall.optOut();
  page.footfall.track("Signup");
  page.goTo("/b");
  page.hide();
  await page.settle();

  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
  assert.equal(page.requests.at(-1).address, "https://example.com/_f/privacy/heal");
  assert.equal(page.requests.at(-1).init.body, undefined);
  assert.equal(page.window.localStorage.footfall_optout, "1");
  assert.equal(page.footfall.status().reason, "optout");
});

for (const [what, before] of [
  ["is full", (window) => (window.localStorage = Object.freeze({}))],
  ["is off", (window) => (window.localStorage = null)],
]) {
  test(`optOut holds where the storage ${what}`, async () => {
    const page = openPage({ before, policy: "frame bot optout daily:DAILY,1,zone,ref" });
    page.footfall.optOut();
    page.footfall.track("Signup");
    await page.settle();
    assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
    assert.equal(page.requests.at(-1).address, "https://example.com/_f/privacy/heal");
  });
}

test("optIn ends an opt-out at once, cookie and storage, and counts this page", async () => {
  const page = openPage({ cookies: { footfall_optout: "1" }, storage: { plausible_ignore: "true" } });
  page.footfall.optIn();
  await page.settle();
  assert.equal(page.cookies.text, "");
  assert.equal(page.window.localStorage.footfall_optout, "0");
  assert.equal(page.window.localStorage.plausible_ignore, "true");
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
});

test("optOut overrules an opt-in that the server keeps in the cookie", async () => {
  const page = openPage({ cookies: { footfall_optout: "0" } });
  page.footfall.optOut();
  page.footfall.track("Signup");
  await page.settle();
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
  assert.equal(page.requests.at(-1).address, "https://example.com/_f/privacy/heal");
  assert.equal(page.window.localStorage.footfall_optout, "1");
});

test("optOut, optIn and optOut again end in silence", async () => {
  const page = openPage();
  for (const choice of ["optOut", "optIn", "optOut"]) {
    page.footfall[choice]();
    await page.settle();
  }
  const before = page.events().length;
  page.footfall.track("Signup");
  assert.equal(page.events().length, before);
});

const asked = (page) => page.requests.filter(({ address }) => address.endsWith("/privacy/consent"));

test("a consent is one readable cookie, told to the server first, and counts this page", async () => {
  const page = openPage({ policy: CONSENT_ONLY });
  assert.deepEqual(page.requests, []);

  page.footfall.consent("granted", "May we?");
  assert.match(
    page.cookies.writes.join(),
    /^footfall_consent=1\.v7\.\d{10}\.g\.0;path=\/;max-age=33696000;samesite=lax;secure$/,
  );
  // Whom the server has not answered yet it would not know again.
  assert.deepEqual({ ...page.footfall.status() }, { state: "DROP", reason: "no_consent" });
  await page.settle();
  assert.deepEqual(page.requests.map(({ address, body }) => [address, body.consent ?? body.n, body.text]), [
    ["https://example.com/_f/privacy/consent", "granted", "May we?"],
    ["https://example.com/_f/e", "pageview", undefined],
  ]);
  assert.deepEqual({ ...page.footfall.status() }, { state: "COOKIE", reason: "consent" });
});

test("a consent told before loading waits for the server too", async () => {
  const page = openPage({ policy: CONSENT_ONLY, stub: { q: [["consent", "granted"]] } });
  assert.deepEqual(page.events(), []);
  await page.settle();
  assert.equal(asked(page).length, 1);
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
});

test("a server that cannot be asked does not undo a consent", async () => {
  const page = openPage({
    policy: CONSENT_ONLY,
    before: (window) => {
      const { fetch } = window;
      window.fetch = (address, init) => address.endsWith("/e") ? fetch(address, init) : Promise.reject(TypeError());
    },
  });
  page.footfall.consent("granted");
  await page.settle();
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
});

test("a collector on another origin is told nothing: it could set no cookie", async () => {
  const page = openPage({ policy: HYBRID, src: "https://stats.example.net/s.js" });
  page.footfall.consent("denied");
  await page.settle();
  assert.deepEqual(asked(page), []);
  assert.equal(page.footfall.status().reason, "denied");
});

test("a denial is remembered for 180 days, told to the server, and ends everything", async () => {
  const page = openPage({ policy: HYBRID });
  page.footfall.consent("denied");
  page.footfall.track("Signup");
  await page.settle();
  assert.match(page.cookies.writes.join(), /\.d\.0;path=\/;max-age=15552000;/);
  assert.deepEqual(asked(page).map(({ body }) => body), [{ consent: "denied" }]);
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
});

test("on plain http the cookie is not marked secure", () => {
  const page = openPage({ policy: HYBRID, before: (window) => (window.isSecureContext = false) });
  page.footfall.consent("granted");
  assert.match(page.cookies.writes.join(), /;samesite=lax$/);
});

test("a consent given while a signal is on says so, and is heard", async () => {
  const page = openPage({ policy: HYBRID, navigator: { globalPrivacyControl: true } });
  assert.deepEqual(page.requests, []);
  page.footfall.consent("granted");
  page.footfall.consent("granted");
  await page.settle();
  assert.match(page.cookies.text, /\.g\.1$/);
  assert.equal(page.footfall.status().state, "COOKIE");
  assert.equal(page.events().length, 1);
});

test("anything but granted and denied is no answer", () => {
  const page = openPage({ policy: CONSENT_ONLY });
  for (const choice of ["maybe", undefined, null, 1, {}]) page.footfall.consent(choice);
  assert.deepEqual(page.requests, []);
  assert.equal(page.footfall.status().reason, "no_consent");
});

test("choices never start the watching twice", () => {
  const page = openPage({ policy: HYBRID });
  const watched = page.listeners.length;
  page.footfall.consent("granted");
  page.footfall.consent("granted");
  assert.equal(page.listeners.length, watched);
  assert.equal(page.events("pageview").length, 1);
});
