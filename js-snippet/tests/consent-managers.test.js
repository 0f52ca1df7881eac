/* Consent managers: the recipes of the README, run as they stand there. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openPage } from "./page.js";

const CONSENT_ONLY = "frame bot optout denied gpc dnt cookies_off no_consent consent:COOKIE daily:DAILY,v7,zone,ref";
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [, section] = readme.match(/^## Consent managers\n([^]*?)^## /m);
const [banner, tcf] = [...section.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code);

const GIVEN = { 1: true, 8: true, 10: true };
const answer = (consents, more = {}) => ({
  gdprApplies: true,
  eventStatus: "useractioncomplete",
  cmpId: 31,
  tcfPolicyVersion: 5,
  purpose: { consents },
  publisher: { consents: {} },
  ...more,
});

const asked = (page) => page.requests.filter(({ address }) => address.endsWith("/privacy/consent"));

/* A page with a manager on it; `tell` is what the manager does when there is something to say. */
function openManaged(options = {}) {
  let listener;
  const before = (window, run) => {
    window.__tcfapi = (command, version, callback) => {
      assert.deepEqual([command, version], ["addEventListener", 2]);
      listener = callback;
    };
    if (options.isEarly) {
      run(tcf);
      if (options.told) listener(options.told, true);
    }
  };
  const page = openPage({ policy: CONSENT_ONLY, ...options, before });
  if (!options.isEarly) page.run(tcf);
  return { ...page, tell: (tc, isThere = true) => listener(tc, isThere) };
}

test("a banner of one's own tells what was pressed, and what it said", async () => {
  const buttons = {};
  const before = (window) => window.document.querySelector = (name) => buttons[name] ??= {};
  const page = openPage({ policy: CONSENT_ONLY, before });
  page.run(banner);
  buttons["#agree"].onclick();
  await page.settle();
  assert.match(asked(page)[0].body.text, /^May we recognise you/);
  assert.equal(page.footfall.status().state, "COOKIE");

  buttons["#refuse"].onclick();
  await page.settle();
  assert.deepEqual(asked(page).map(({ body }) => body.consent), ["granted", "denied"]);
  assert.equal(page.footfall.status().reason, "denied");
});

for (const isEarly of [false, true]) {
  test(`TCF's three purposes together are a consent, with the recipe ${isEarly ? "before" : "after"} the snippet`, async () => {
    const page = openManaged({ isEarly });
    assert.deepEqual(page.requests, []);
    page.tell(answer(GIVEN));
    await page.settle();
    assert.deepEqual(asked(page).map(({ body }) => body), [
      { consent: "granted", text: "IAB TCF, manager 31, policy 5" },
    ]);
    assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
  });
}

test("an answer that TCF gave before the snippet was loaded is not lost", async () => {
  const page = openManaged({ isEarly: true, told: answer(GIVEN, { eventStatus: "tcloaded" }) });
  await page.settle();
  assert.equal(asked(page).length, 1);
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
});

for (const missing of [1, 8, 10]) {
  test(`without TCF's purpose ${missing} it is a denial`, async () => {
    const page = openManaged();
    page.tell(answer({ ...GIVEN, [missing]: false }));
    await page.settle();
    assert.deepEqual(asked(page).map(({ body }) => body.consent), ["denied"]);
    assert.deepEqual(page.events(), []);
  });
}

test("what the publisher was told comes before what all vendors were told", async () => {
  const page = openManaged();
  page.tell(answer(GIVEN, { publisher: { consents: { 1: false } } }));
  await page.settle();
  assert.deepEqual(asked(page).map(({ body }) => body.consent), ["denied"]);
});

for (const [what, tc, isThere] of [
  ["a question that is only shown", answer(GIVEN, { eventStatus: "cmpuishown" }), true],
  ["a law that does not apply", answer(GIVEN, { gdprApplies: false }), true],
  ["a manager that failed", null, false],
]) {
  test(`${what} is no answer`, async () => {
    const page = openManaged();
    page.tell(tc, isThere);
    await page.settle();
    assert.deepEqual(page.requests, []);
    assert.equal(page.footfall.status().reason, "no_consent");
  });
}

test("the answer that is known already is not told again on every page", async () => {
  const page = openManaged({ cookies: { footfall_consent: "1.v7.1700000000.g.0" } });
  page.tell(answer(GIVEN, { eventStatus: "tcloaded" }));
  await page.settle();
  assert.deepEqual(asked(page), []);
  page.tell(answer({}));
  await page.settle();
  assert.deepEqual(asked(page).map(({ body }) => body.consent), ["denied"]);
});
