/* Every answer of the collector's `decide`, asked of the built snippet: 144 policies, 256 says each. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allPolicies, rulesFor } from "../make/rules.js";
import { openPage } from "./page.js";

const vectors = JSON.parse(readFileSync(new URL("../vectors/decide.json", import.meta.url), "utf8"));
const CONSENT = {
  unset: {},
  granted: { footfall_consent: "1.1.1700000000.g.0" },
  granted_gpc: { footfall_consent: "1.1.1700000000.g.1" },
  denied: { footfall_consent: "1.1.1700000000.d.0" },
};

/* The says in the vectors' order: the last axis turns fastest. */
const says = Object.entries(vectors.say).reduce(
  (all, [axis, values]) => all.flatMap((say) => values.map((value) => ({ ...say, [axis]: value }))),
  [{}],
);

/* With cookies off there is no cookie to be read, whatever was once set. */
function cookiesOf(say) {
  return say.cookies_off ? {} : { ...(say.optout_cookie && { footfall_optout: "1" }), ...CONSENT[say.consent] };
}

function speak(window, say) {
  const cookies = Object.entries(cookiesOf(say)).map(([name, value]) => `${name}=${value}`).join("; ");
  Object.defineProperty(window.document, "cookie", { get: () => cookies, configurable: true });
  window.localStorage = say.optout_storage ? { footfall_optout: "1" } : {};
  Object.assign(window.navigator, {
    cookieEnabled: !say.cookies_off,
    globalPrivacyControl: say.gpc,
    doNotTrack: say.dnt ? "1" : null,
    webdriver: say.bot,
  });
}

test("the vectors and the rules speak of the same policies", () => {
  const names = allPolicies().map((policy) => Object.values(policy).join(" "));
  assert.deepEqual(Object.keys(vectors.rows), names);
});

for (const policy of allPolicies()) {
  const name = Object.values(policy).join(" ");
  test(`the snippet decides as the server does under "${name}"`, () => {
    const page = openPage({ policy: `${rulesFor(policy)},1,zone,ref`, tag: { manual: "" } });
    const answers = says.map((say) => {
      speak(page.window, say);
      const { state, reason } = page.footfall.status();
      return Object.keys(vectors.letters).find(
        (letter) => vectors.letters[letter][0] === state && vectors.letters[letter][1] === reason);
    });
    assert.equal(answers.join(""), vectors.rows[name]);
  });
}
