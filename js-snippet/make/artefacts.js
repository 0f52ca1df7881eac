/* Artefacts: everything in dist/, computed from the sources. Written by `npm run build`, compared by `npm run check`.
 *
 * Two builds of zlib may pack the same script into different bytes. So the packed files are fresh when they unpack to
 * the script, and the manifest when it tells their sizes as they are; everything else is compared byte for byte.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import {
  ROOM,
  join,
  readPrivacy,
  readSources,
  readVitals,
  shrink,
  shrinkModule,
  shrinkWidget,
} from "./bundle.js";
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

const identify = (script, packed) => ({
  sha256: sha256(script, "hex"),
  sri: `sha256-${sha256(script, "base64")}`,
  bytes: { raw: script.length, gzip: packed.gzip.length, brotli: packed.brotli.length },
});

const describe = (joined, scripts, packed) => ({
  version: JSON.parse(readFileSync(new URL("package.json", ROOM), "utf8")).version,
  source_sha256: sha256(joined, "hex"),
  ...identify(scripts.snippet, packed.snippet),
  placeholder: findPlaceholder(scripts.snippet.toString()),
  vitals: identify(scripts.vitals, packed.vitals),
  privacy: identify(scripts.privacy, packed.privacy),
});

/* For the settings named by `key`, joined by blanks: the rules that go into the placeholder. */
const policies = () => ({
  key: Object.keys(SETTINGS),
  rules: Object.fromEntries(allPolicies().map((policy) => [Object.values(policy).join(" "), rulesFor(policy)])),
});

const pack = (script) => ({ gzip: gzip(script), brotli: brotli(script) });

/* The content of dist/ by file name. `packed`, where given, is described instead of packing anew. */
export async function makeArtefacts(packed) {
  const joined = join(readSources());
  const scripts = {
    snippet: Buffer.from(await shrink(joined)),
    vitals: Buffer.from(await shrinkModule(readVitals())),
    privacy: Buffer.from(await shrinkWidget(readPrivacy())),
  };
  packed ??= Object.fromEntries(Object.entries(scripts).map(([name, script]) => [name, pack(script)]));
  const files = Object.entries(scripts).flatMap(([name, script]) => [
    [`${name}.min.js`, script],
    [`${name}.min.js.gz`, packed[name].gzip],
    [`${name}.min.js.br`, packed[name].brotli],
  ]);
  return {
    ...Object.fromEntries(files),
    "manifest.json": asJson(describe(joined, scripts, packed)),
    "policies.json": asJson(policies()),
  };
}

const UNPACK = { ".gz": gunzipSync, ".br": brotliDecompressSync };
const SCRIPTS = ["snippet", "vitals", "privacy"];

/* Names of files in dist/ that are not what the sources make; `read` returns a file's bytes, empty where it is absent. */
export async function findStale(read) {
  const readPacked = (name) => ({ gzip: read(`${name}.min.js.gz`), brotli: read(`${name}.min.js.br`) });
  const wanted = await makeArtefacts(Object.fromEntries(SCRIPTS.map((name) => [name, readPacked(name)])));
  const isFresh = (name) => {
    const unpack = UNPACK[name.slice(-3)];
    return unpack ? unpacksTo(unpack, read(name), wanted[name.slice(0, -3)]) : read(name).equals(wanted[name]);
  };
  return Object.keys(wanted).filter((name) => !isFresh(name));
}

function unpacksTo(unpack, packed, script) {
  try {
    return unpack(packed).equals(script);
  } catch {
    return false;
  }
}
