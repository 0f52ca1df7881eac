/* `npm run build` writes dist/; `npm run check` exits 1 when dist/ is not what the sources make; `npm run costs` tells
 * what each feature weighs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { findStale, makeArtefacts } from "./artefacts.js";
import { ROOM } from "./bundle.js";
import { costTable } from "./costs.js";

const DIST = new URL("dist/", ROOM);

async function build() {
  mkdirSync(DIST, { recursive: true });
  for (const [name, bytes] of Object.entries(await makeArtefacts())) {
    writeFileSync(new URL(name, DIST), bytes);
    console.log(`${String(bytes.length).padStart(6)} dist/${name}`);
  }
}

function read(name) {
  const file = new URL(name, DIST);
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

async function check() {
  const stale = await findStale(read);
  if (stale.length) {
    console.error(`stale in dist/: ${stale.join(", ")}; run \`npm run build\` and commit what it writes`);
    process.exitCode = 1;
  }
}

const verbs = { build, check, costs: async () => console.log(await costTable()) };
await verbs[process.argv[2]]();
