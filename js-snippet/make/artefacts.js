/* Artefacts: everything in dist/, computed from the sources. Written by `npm run build`, compared by `npm run check`.
 *
 * Two builds of zlib may pack the same script into different bytes. So the packed files are fresh when they unpack to
 * the script, and the manifest when it tells their sizes as they are; everything else is compared byte for byte.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { ROOM, join, readSources, shrink } from "./bundle.js";
import { SETTINGS, allPolicies, rulesFor } from "./rules.js";

const sha256 = (data, encoding) => createHash("sha256").update(data).digest(encoding);

export const brotli = (data) =>
  brotliCompressSync(data, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_LGWIN]: 16,
    },
  });

export const gzip = (data) => gzipSync(data, { level: 9, memLevel: 9 });

/* The one string in the script that a server may replace. */
export function findPlaceholder(script) {
  const found = script.match(/"frame bot [^"]*"/g) ?? [];
  if (found.length !== 1) throw new Error(`the policy's placeholder stands ${found.length} times in the built file`);
  return JSON.parse(found[0]);
}

const asJson = (value) => Buffer.from(JSON.stringify(value, null, 1) + "\n");

const describe = (joined, script, packed) => ({
  version: JSON.parse(readFileSync(new URL("package.json", ROOM), "utf8")).version,
  source_sha256: sha256(joined, "hex"),
  sha256: sha256(script, "hex"),
  sri: `sha256-${sha256(script, "base64")}`,
  bytes: { raw: script.length, gzip: packed.gzip.length, brotli: packed.brotli.length },
  placeholder: findPlaceholder(script.toString()),
});

/* For the settings named by `key`, joined by blanks: the rules that go into the placeholder. */
const policies = () => ({
  key: Object.keys(SETTINGS),
  rules: Object.fromEntries(allPolicies().map((policy) => [Object.values(policy).join(" "), rulesFor(policy)])),
});

/* The content of dist/ by file name. With `packed`, the manifest describes those instead of packing anew. */
export async function makeArtefacts(packed) {
  const joined = join(readSources());
  const script = Buffer.from(await shrink(joined));
  const { gzip: gzipped, brotli: brotlied } = packed ?? { gzip: gzip(script), brotli: brotli(script) };
  return {
    "snippet.min.js": script,
    "snippet.min.js.gz": gzipped,
    "snippet.min.js.br": brotlied,
    "manifest.json": asJson(describe(joined, script, { gzip: gzipped, brotli: brotlied })),
    "policies.json": asJson(policies()),
  };
}

/* Names of files in dist/ that are not what the sources make; `read` returns a file's bytes, empty where it is absent. */
export async function findStale(read) {
  const packed = { gzip: read("snippet.min.js.gz"), brotli: read("snippet.min.js.br") };
  const wanted = await makeArtefacts(packed);
  const unpacks = { "snippet.min.js.gz": gunzipSync, "snippet.min.js.br": brotliDecompressSync };
  const isFresh = (name) =>
    name in unpacks ? unpacksTo(unpacks[name], read(name), wanted["snippet.min.js"]) : read(name).equals(wanted[name]);
  return Object.keys(wanted).filter((name) => !isFresh(name));
}

function unpacksTo(unpack, packed, script) {
  try {
    return unpack(packed).equals(script);
  } catch {
    return false;
  }
}
