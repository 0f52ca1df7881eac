/* Bundle: the source files as one script, small enough to be sent with every page.
 *
 * In: snippet.js and src/, in reading order. Out: text. The same source always gives the same bytes.
 * The files are joined rather than bundled by a tool: every name is unique across them and every import and export
 * stands on a line of its own, so it is enough to take those away. Nothing is renamed but local variables.
 */
import { readFileSync } from "node:fs";
import { minify } from "terser";
import { readWords } from "./words.js";

export const ROOM = new URL("../", import.meta.url);

/* Before a file stands what it needs when it is read. */
const PARTS = [
  "src/policy.js",
  "src/options.js",
  "src/guard.js",
  "src/say.js",
  "src/post.js",
  "src/page.js",
  "src/events.js",
  "src/sample.js",
  "src/engagement.js",
  "src/navigation.js",
  "src/features.js",
  "src/start.js",
  "src/choices.js",
  "snippet.js",
];

export function readSources() {
  return PARTS.map((name) => ({ name, text: readFileSync(new URL(name, ROOM), "utf8") }));
}

/* The part that only some visitors fetch is a module by itself, and imports nothing. */
export const readVitals = () => readFileSync(new URL("vitals.js", ROOM), "utf8");

/* The widget of privacy policies, with its words before it. */
export const readPrivacy = () =>
  `(()=>{"use strict";const WORDS=${JSON.stringify(readWords())};${readFileSync(new URL("privacy.js", ROOM), "utf8")}})()`;

/* One function, so that nothing becomes a global; one `try`, so that nothing can go wrong while it is set up. */
export function join(sources) {
  const code = sources.map(({ text }) => text.replace(/^import .*;$/gm, "").replace(/^export /gm, "")).join("\n");
  return `try{(()=>{"use strict";${code}})()}catch{}`;
}

const SHRINKING = { passes: 3, pure_getters: true, keep_fargs: false, unsafe_arrows: true };

/* `const` and `function` are for the reader: with `let` and arrows throughout, declarations can be merged. */
export async function shrink(script) {
  const arrows = script.replace(/^function (\w+)(\(.*\)) \{\n([^]*?)^\}/gm, "const $1 = $2 => {\n$3};");
  return minified(arrows.replace(/\bconst /g, "let "), { toplevel: true });
}

export const shrinkModule = (script) => minified(script, { module: true });

/* Plain ASCII: the customer's page may be in any encoding. */
export const shrinkWidget = (script) => minified(script, { toplevel: true, format: { ascii_only: true } });

async function minified(script, options) {
  const { code } = await minify(script, { ecma: 2020, compress: SHRINKING, ...options });
  return code;
}
