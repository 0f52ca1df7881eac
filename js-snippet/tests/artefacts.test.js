/* What is shipped: its size, its manners, and what stands beside it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { findStale, makeArtefacts } from "../make/artefacts.js";
import { weighCore } from "../make/costs.js";
import { openPage, placeholder } from "./page.js";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url));
const script = read("dist/snippet.min.js");
const text = script.toString();
const manifest = JSON.parse(read("dist/manifest.json"));

test("dist is what the sources make", async () => {
  assert.deepEqual(await findStale((name) => read(`dist/${name}`)), []);
});

test("whatever is changed in dist is noticed", async () => {
  const scripts = ["snippet.min.js", "vitals.min.js", "privacy.min.js"].flatMap((name) => [name, `${name}.gz`, `${name}.br`]);
  const names = [...scripts, "manifest.json", "policies.json"];
  for (const changed of names) {
    const stale = await findStale((name) => (name === changed ? Buffer.from("{}") : read(`dist/${name}`)));
    assert.ok(stale.includes(changed), changed);
  }
});

test("building twice gives the same bytes", async () => {
  assert.deepEqual(await makeArtefacts(), await makeArtefacts());
});

test("with everything in, the snippet stays within its budget, and so does its core", async () => {
  const { brotli, gzip } = manifest.bytes;
  assert.ok(brotli <= 2_110, `${brotli} bytes of brotli`);
  assert.ok(gzip <= 2_370, `${gzip} bytes of gzip`);
  assert.ok(manifest.vitals.bytes.brotli <= 520, `${manifest.vitals.bytes.brotli} bytes of brotli for web vitals`);
  const core = await weighCore();
  assert.ok(core <= 830, `${core} bytes of brotli for the core`);
});

const BUILT = [["snippet", manifest], ["vitals", manifest.vitals], ["privacy", manifest.privacy]];

for (const [name, told] of BUILT) {
  const built = read(`dist/${name}.min.js`);

  test(`the manifest tells the truth about ${name}`, () => {
    const digest = (encoding) => createHash("sha256").update(built).digest(encoding);
    assert.equal(told.sha256, digest("hex"));
    assert.equal(told.sri, `sha256-${digest("base64")}`);
    assert.equal(told.bytes.raw, built.length);
    assert.equal(told.bytes.gzip, read(`dist/${name}.min.js.gz`).length);
    assert.equal(told.bytes.brotli, read(`dist/${name}.min.js.br`).length);
  });

  test(`the packed files unpack to ${name}`, () => {
    assert.ok(gunzipSync(read(`dist/${name}.min.js.gz`)).equals(built));
    assert.ok(brotliDecompressSync(read(`dist/${name}.min.js.br`)).equals(built));
  });
}

test("the manifest tells the version", () => {
  assert.equal(manifest.version, JSON.parse(read("package.json")).version);
});

test("the placeholder stands in the script once and is the standard preset", () => {
  assert.equal(text.split(placeholder).length, 2);
  const { rules } = JSON.parse(read("dist/policies.json"));
  assert.equal(placeholder.split(",")[0], rules["daily decline decline decline drop"]);
});

test("no rule needs escaping in a script", () => {
  const { rules } = JSON.parse(read("dist/policies.json"));
  assert.equal(Object.keys(rules).length, 144);
  for (const rule of Object.values(rules)) assert.match(rule, /^[a-zA-Z_: ]+$/);
});

const UNWANTED = [
  "eval",
  "Function(",
  "innerHTML",
  "outerHTML",
  "document.write",
  "insertAdjacent",
  "createElement",
  "setTimeout",
  "setInterval",
];

test("the widget makes elements, and none of text that could be code", () => {
  const widget = read("dist/privacy.min.js").toString();
  for (const word of UNWANTED) assert.ok(word === "createElement" || !widget.includes(word), word);
  assert.doesNotMatch(widget, /import\(|fetch\(|XMLHttp|localStorage|cookie=/);
  assert.match(widget, /^[\x20-\x7e]*$/);
  assert.ok(manifest.privacy.bytes.brotli <= 2_150, `${manifest.privacy.bytes.brotli} bytes of brotli for the widget`);
});

for (const word of UNWANTED) {
  test(`the scripts do not say ${word}`, () => {
    assert.ok(!text.includes(word));
    assert.ok(!read("dist/vitals.min.js").includes(word));
  });
}

test("the one thing that a script may fetch is the file beside it", () => {
  assert.deepEqual(text.match(/import\(.*?\)/g), ['import("./s.vitals.js")']);
  assert.doesNotMatch(read("dist/vitals.min.js").toString(), /import|fetch/);
});

test("the script is strict, plain ASCII, and cannot end the element it stands in", () => {
  assert.ok(text.includes('"use strict"'));
  assert.match(text, /^[\x20-\x7e]*$/);
  assert.ok(!text.includes("</"));
});

test("there is one global, and it is called footfall", () => {
  assert.deepEqual(openPage().newGlobals(), ["footfall"]);
  assert.deepEqual(
    Object.keys(openPage().footfall),
    ["track", "pageview", "optOut", "optIn", "consent", "status", "sent"],
  );
});

test("the lock file names no registry", () => {
  const lock = read("package-lock.json").toString();
  assert.ok(!lock.includes("resolved"));
  assert.ok(!lock.includes("://"));
});
