/* What is shipped: its size, its manners, and what stands beside it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { findStale, makeArtefacts } from "../make/artefacts.js";
import { openPage, placeholder } from "./page.js";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url));
const script = read("dist/snippet.min.js");
const text = script.toString();
const manifest = JSON.parse(read("dist/manifest.json"));

test("dist is what the sources make", async () => {
  assert.deepEqual(await findStale((name) => read(`dist/${name}`)), []);
});

test("whatever is changed in dist is noticed", async () => {
  const names = ["snippet.min.js", "snippet.min.js.gz", "snippet.min.js.br", "manifest.json", "policies.json"];
  for (const changed of names) {
    const stale = await findStale((name) => (name === changed ? Buffer.from("{}") : read(`dist/${name}`)));
    assert.ok(stale.includes(changed), changed);
  }
});

test("building twice gives the same bytes", async () => {
  assert.deepEqual(await makeArtefacts(), await makeArtefacts());
});

test("with everything in, the snippet stays within its budget", () => {
  const { brotli, gzip } = manifest.bytes;
  assert.ok(brotli <= 2_100, `${brotli} bytes of brotli`);
  assert.ok(gzip <= 2_400, `${gzip} bytes of gzip`);
});

test("the manifest tells the truth", () => {
  const digest = (encoding) => createHash("sha256").update(script).digest(encoding);
  assert.equal(manifest.sha256, digest("hex"));
  assert.equal(manifest.sri, `sha256-${digest("base64")}`);
  assert.equal(manifest.bytes.raw, script.length);
  assert.equal(manifest.bytes.gzip, read("dist/snippet.min.js.gz").length);
  assert.equal(manifest.bytes.brotli, read("dist/snippet.min.js.br").length);
  assert.equal(manifest.version, JSON.parse(read("package.json")).version);
});

test("the packed files unpack to the script", () => {
  assert.ok(gunzipSync(read("dist/snippet.min.js.gz")).equals(script));
  assert.ok(brotliDecompressSync(read("dist/snippet.min.js.br")).equals(script));
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
  "import(",
  "createElement",
  "setTimeout",
  "setInterval",
];

for (const word of UNWANTED) {
  test(`the script does not say ${word}`, () => assert.ok(!text.includes(word)));
}

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
