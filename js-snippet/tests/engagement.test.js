/* How long a page was seen and how far it was read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./page.js";

const told = (page) => page.events("engagement").map(({ e, sd }) => [e, sd]);

test("time and depth are told when the page is hidden", () => {
  const page = openPage();
  page.wait(12_000);
  page.window.scrollY = 250;
  page.fire("scroll");
  page.window.scrollY = 0;
  page.hide();
  assert.deepEqual(told(page), [[12_000, 75]]);
});

test("leaving tells once, however many events the browser makes of it", () => {
  const page = openPage();
  page.wait(500);
  page.fire("pagehide");
  page.hide();
  assert.deepEqual(told(page), [[500, 50]]);
});

test("only time in sight and in focus counts", () => {
  const page = openPage();
  page.wait(4000);
  page.window.document.hasFocus = () => false;
  page.fire("blur");
  page.wait(60_000);
  page.window.document.hasFocus = () => true;
  page.fire("focus");
  page.wait(1000);
  page.hide();
  page.wait(60_000);
  page.show();
  assert.deepEqual(told(page), [[5000, 50]]);
});

test("what was told is told again only after three seconds more", () => {
  const page = openPage();
  page.wait(1000);
  page.hide();
  page.show();
  page.wait(2999);
  page.hide();
  assert.deepEqual(told(page), [[1000, 50]]);
  page.show();
  page.wait(1);
  page.hide();
  assert.deepEqual(told(page), [[1000, 50], [3000, 50]]);
});

test("a page never seen tells nothing", () => {
  const page = openPage({ before: (window) => (window.document.hidden = true) });
  page.wait(9000);
  page.fire("pagehide");
  assert.deepEqual(told(page), []);
});

test("the next page of an application starts afresh, after the last one was told about", () => {
  const page = openPage({ url: "https://example.com/a" });
  page.wait(2000);
  page.goTo("/b");
  page.wait(700);
  page.hide();
  assert.deepEqual(page.events().map(({ n, u, e }) => [n, u, e]), [
    ["pageview", "https://example.com/a", undefined],
    ["engagement", "https://example.com/a", 2000],
    ["pageview", "https://example.com/b", undefined],
    ["engagement", "https://example.com/b", 700],
  ]);
});

test("engagement carries neither a referrer nor a time zone", () => {
  const page = openPage({ referrer: "https://www.google.com/" });
  page.wait(2000);
  page.hide();
  assert.deepEqual(Object.keys(page.events("engagement")[0]), ["n", "u", "id", "e", "sd"]);
});

test("where visitors have no number there is no visit to engage in", () => {
  const page = openPage({ policy: "frame bot optout mode_none:COUNT,1,,ref" });
  page.wait(9000);
  page.hide();
  assert.deepEqual(page.events().map(({ n }) => n), ["pageview"]);
});
