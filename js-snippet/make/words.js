/* Words: what the widget says, in every language of the visitor's pages.
 *
 * In: the section `[widget]` of each catalogue in collector/privacy/texts/. Out: {languages: [code…], name: [text in each
 * language…]…}. One catalogue feeds the pages and the widget, so the two cannot say different things.
 */
import { readFileSync } from "node:fs";

const CATALOGUES = new URL("../../collector/privacy/texts/", import.meta.url);
const LANGUAGES = ["en", "de", "fr", "es", "nl"];

/* A section holds lines `name = "text"` and nothing else; such a text is also a string of JSON. */
export function readSection(toml, section) {
  const body = toml.split(`\n[${section}]\n`)[1].split("\n[")[0];
  return Object.fromEntries([...body.matchAll(/^(\w+) = (".*")$/gm)].map(([, name, text]) => [name, JSON.parse(text)]));
}

export function readWords() {
  const said = LANGUAGES.map((code) => readSection(readFileSync(new URL(`${code}.toml`, CATALOGUES), "utf8"), "widget"));
  const names = Object.keys(said[0]);
  return {
    languages: LANGUAGES,
    ...Object.fromEntries(names.map((name) => [name, said.map((words) => words[name])])),
  };
}
