/* Which page views there are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./page.js";

const pathsOf = (page) => page.events("pageview").map(({ u }) => u.replace("https://example.com", ""));

test("loading, pushing, replacing and going back are a page view each", () => {
  const page = openPage();
  page.goTo("/a");
  page.window.history.replaceState(null, "", "/b");
  page.goBackTo("/");
  assert.deepEqual(pathsOf(page), ["/", "/a", "/b", "/"]);
});

test("another query or state of the same path is no new page", () => {
  const page = openPage({ url: "https://example.com/list?utm_source=news" });
  page.window.history.replaceState(null, "", "/list");
  page.goTo("/list?filter=red");
  page.goBackTo("/list#comments");
  assert.deepEqual(pathsOf(page), ["/list?utm_source=news"]);
});

test("pushState works as it did, arguments, errors and all", () => {
  const calls = [];
  const page = openPage({
    before: (window) => {
      window.history.pushState = function (...args) {
        calls.push([this === window.history, ...args]);
        if (args[2] === "bad") throw new RangeError("bad address");
      };
    },
  });
  page.window.history.pushState({ a: 1 }, "", "/x");
  assert.throws(() => page.window.history.pushState(null, "", "bad"), RangeError);
  assert.deepEqual(calls, [[true, { a: 1 }, "", "/x"], [true, null, "", "bad"]]);
});

test("hash routes count where the tag asks for them, without their query", () => {
  const page = openPage({ url: "https://example.com/app#/inbox?token=secret", tag: { hash: "" } });
  page.goBackTo("/app#!/sent");
  page.goBackTo("/app#top");
  assert.deepEqual(pathsOf(page), ["/app#/inbox", "/app#!/sent", "/app"]);
});

test("without data-hash a hash is nothing", () => {
  const page = openPage({ url: "https://example.com/app#/inbox" });
  page.goBackTo("/app#/sent");
  assert.deepEqual(pathsOf(page), ["/app"]);
});

test("data-manual counts what it is told to, and nothing else", () => {
  const page = openPage({ tag: { manual: "" } });
  page.goTo("/a");
  assert.deepEqual(pathsOf(page), []);

  page.footfall.pageview();
  page.footfall.pageview({ url: "/virtual/checkout?card=4111" });
  page.footfall.track("Paid");
  assert.deepEqual(pathsOf(page), ["/a", "/virtual/checkout"]);
  assert.equal(page.events("Paid")[0].u, "https://example.com/virtual/checkout");
});

test("a page that comes back from the browser's cache is viewed again", () => {
  const page = openPage({ url: "https://example.com/a" });
  page.fire("pageshow", { persisted: false });
  assert.deepEqual(pathsOf(page), ["/a"]);
  page.fire("pageshow", { persisted: true });
  assert.deepEqual(pathsOf(page), ["/a", "/a"]);
});
