/* The README speaks the truth about what is shipped. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { costTable } from "../make/costs.js";
import { element, openPage, placeholder } from "./page.js";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const readme = read("README.md");
const manifest = JSON.parse(read("dist/manifest.json"));
const hasRow = (word) => new RegExp(`^\\|.*\`${word.replace(/\$/, "\\$")}\`.*\\|`, "m").test(readme);

test("its table of costs is what `npm run costs` says", async () => {
  assert.ok(readme.includes((await costTable()).split("\n").slice(2).join("\n")));
});

test("it tells the size and the placeholder as built", () => {
  const size = manifest.bytes.brotli.toLocaleString("en-GB");
  assert.equal(readme.split(`${size} bytes`).length, 3);
  assert.ok(readme.includes(`${manifest.vitals.bytes.brotli} bytes of brotli`));
  assert.ok(readme.includes(`${manifest.privacy.bytes.brotli.toLocaleString("en-GB")} bytes, for all five languages`));
  assert.ok(readme.includes(placeholder));
});

test("every field on the wire has a row", () => {
  const page = openPage({
    referrer: "https://www.google.com/",
    tag: { site: "other.example" },
    policy: "frame bot optout cookies_off:DAILY,1,zone,ref",
    navigator: { cookieEnabled: false },
  });
  page.footfall.track("Order", { props: {}, revenue: {}, interactive: false });
  page.wait(5000);
  page.hide();
  const fields = new Set(page.events().flatMap((event) => Object.keys(event)));
  assert.deepEqual([...fields].sort(), ["$", "ck", "d", "e", "i", "id", "n", "p", "r", "sd", "tz", "u"]);
  assert.deepEqual([...fields].filter((name) => !hasRow(name)), []);
});

test("every reason has a row", () => {
  const { rules } = JSON.parse(read("dist/policies.json"));
  const reasons = new Set(Object.values(rules).flatMap((rule) => rule.split(" ").map((part) => part.split(":")[0])));
  assert.deepEqual([...reasons].filter((reason) => !hasRow(reason)), []);
});

test("every call of the API and every option has its place", () => {
  for (const name of Object.keys(openPage().footfall)) assert.ok(readme.includes(`footfall.${name}(`), name);
  for (const name of ["site", "api", "hash", "manual", "exclude", "outbound", "downloads", "forms", "vitals"]) {
    assert.ok(hasRow(`data-${name}`), name);
  }
});

test("the queue it offers works", () => {
  const [, stub] = readme.match(/window\.footfall \|\| (\{q.*\})<\/script>/);
  const queue = new Function(`return ${stub}`)();
  queue.track("Early", { props: { a: 1 } });
  assert.deepEqual(openPage({ stub: queue }).events().map(({ n, p }) => [n, p]), [
    ["pageview", undefined],
    ["Early", { a: 1 }],
  ]);
});

test("the element it offers works", () => {
  const page = openPage();
  page.click(element("BUTTON", { "data-footfall-event": "Sign up", "data-footfall-plan": "pro" }));
  assert.deepEqual(page.events("Sign up")[0].p, { plan: "pro" });
});
