/* Costs: what each feature weighs, measured by leaving it out.
 *
 * In: the sources and, for each feature, what to take out of them. Out: a table in bytes of brotli. Features share
 * code and compress each other, so the parts do not add up to the whole.
 */
import { brotli } from "./artefacts.js";
import { join, readSources, shrink } from "./bundle.js";

/* Feature -> [file, pattern, replacement]… A pattern that no longer matches is an error: no row can go stale. */
const FEATURES = {
  "visitor's choices: optOut, optIn, consent": [
    ["snippet.js", /^ +(optOut|optIn|consent).*\n/gm, ""],
    ["src/choices.js", /^const choose[^]*/m, ""],
  ],
  "say: opt-outs of peers": [["src/say.js", /\|\| \[storage\.plausible.*\]/, ""]],
  "say: Global Privacy Control": [["src/say.js", /^ +gpc: .*\n/m, ""]],
  "say: Do Not Track": [["src/say.js", /^ +dnt: .*\n/m, ""]],
  "say: frames and files": [["src/say.js", /^ +frame: .*\n/m, ""]],
  "say: healing of one-sided opt-outs": [
    ["src/start.js", / else if \([^]*?\n  \}/, ""],
    ["src/say.js", /^.*storage.footfall_optout = inCookie.*\n/m, ""],
  ],
  "say: a refusal by the server": [
    ["src/post.js", "const answer = ", ""],
    ["src/post.js", /^ +memory.*\n/m, ""],
    ["src/say.js", /^ +\.\.\.memory,\n/m, ""],
  ],
  "prerendering": [["src/events.js", /^.*document\.prerendering.*\n/m, ""]],
  "page: click ids": [["src/page.js", /^ +if \(CLICK_ID[^]*?else /m, ""]],
  "page: hash routes (data-hash)": [["src/page.js", /"hash" in options && .* \|\| ""/, '""']],
  "page: data-exclude": [
    ["src/page.js", /^export const excluded[^]*/m, ""],
    ["src/events.js", " || excluded.test(path)", ""],
  ],
  "single-page navigation": [
    ["src/navigation.js", /^ +on\("popstate"[^]*?\n  \}\);\n/m, ""],
    ["src/navigation.js", /^const look.*\n/m, ""],
  ],
  "back-forward cache": [["src/navigation.js", /^.*"pageshow".*\n/m, ""]],
  "data-vitals (what measures is another file)": [
    ["src/sample.js", /^let tell[^]*/m, ""],
    ["src/engagement.js", /^ +tellVitals.*\n/m, ""],
    ["src/start.js", /^ +measureVitals.*\n/m, ""],
  ],
  "engagement": [
    ["src/engagement.js", /^let isSeen[^]*/m, ""],
    ["src/navigation.js", /^ +(tell|restart)Engagement\(\);\n/gm, ""],
    ["src/start.js", /^ +watchEngagement\(\);\n/m, ""],
    ["src/events.js", ' || (fields.e && state == "COUNT")', ""],
  ],
  "engagement: depth alone": [
    ["src/engagement.js", /^ +depth = Math.*\n/m, ""],
    ["src/engagement.js", ", sd: Math.round(depth)", ""],
    ["src/engagement.js", "seenMs = depth = 0", "seenMs = 0"],
  ],
  "features: all clicks and forms": [
    ["src/features.js", /^\/\* `data-footfall-event[^]*/m, ""],
    ["src/start.js", /^ +watchFeatures\(\);\n/m, ""],
  ],
  "features: data-footfall-event": [["src/features.js", /^ +const marks[^]*?if \(marked\).*\n/m, ""]],
  "features: data-downloads": [["src/features.js", /"downloads" in .*\n +: /, ""]],
  "features: data-outbound": [["src/features.js", /"outbound" in .*;/, "0;"]],
  "features: data-forms": [["src/features.js", /^ +if \(submitted && .*\n/m, ""]],
  "queue before loading": [["snippet.js", /^ +replay.*\n/gm, ""], ["snippet.js", /^ +const replay.*\n/m, ""]],
  "country by time zone": [["src/events.js", /^.*timeZone.*\n/m, ""]],
  "random event id": [["src/events.js", /^ +while \(!event.id.*\n/m, ""], ["src/events.js", /^ +id: "",\n/m, ""]],
};

async function weigh(sources) {
  return brotli(Buffer.from(await shrink(join(sources)))).length;
}

function without(sources, cuts) {
  return cuts.reduce((left, [file, pattern, replacement]) => {
    const { text } = left.find(({ name }) => name === file);
    const cut = text.replace(pattern, replacement);
    if (cut === text) throw new Error(`nothing in ${file} matches ${pattern}`);
    return left.map((source) => (source.name === file ? { ...source, text: cut } : source));
  }, sources);
}

/* What is part of another row. */
const isPart = (feature) => /depth alone|: data-(footfall|downloads|outbound|forms)/.test(feature);

/* Page views, track() and the visitor's say, with nothing else. */
export async function weighCore() {
  const cuts = Object.entries(FEATURES).filter(([feature]) => !isPart(feature)).flatMap(([, cuts]) => cuts);
  return weigh(without(readSources(), cuts));
}

export async function costTable() {
  const sources = readSources();
  const full = await weigh(sources);
  const rows = [`| left out | bytes saved (brotli) |`, `|---|---|`];
  for (const [feature, cuts] of Object.entries(FEATURES)) {
    rows.push(`| ${feature} | ${full - (await weigh(without(sources, cuts)))} |`);
  }
  const core = await weighCore();
  rows.push(`| all of the above (page views and track() stay: ${core} bytes) | ${full - core} |`);
  return [`Everything in: ${full} bytes.`, "", ...rows].join("\n");
}
