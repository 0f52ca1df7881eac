/* Rules: a site's settings as the list that the snippet goes through, for the placeholder in the built file.
 *
 * In: the five settings that say who may be counted. Out: text, `reason:STATE` in order of precedence; a reason
 * alone means DROP. The build writes all 144 into dist/policies.json, so the server looks them up and computes none.
 */

export const SETTINGS = {
  mode: ["none", "daily", "hybrid", "consent_only"],
  gpc: ["decline", "ignore"],
  dnt: ["decline", "ignore"],
  cookies_disabled: ["decline", "count", "ignore"],
  denied: ["drop", "count", "daily"],
};

export function rulesFor({ mode, gpc, dnt, cookies_disabled: cookies, denied }) {
  const numbered = mode === "daily" || mode === "hybrid";
  const consenting = mode === "hybrid" || mode === "consent_only";
  const rules = [
    // Declining comes first, and nothing below can undo it.
    ["frame", true],
    ["bot", true],
    ["optout", true],
    ["denied", denied === "drop"],
    ["gpc", gpc === "decline"],
    ["dnt", dnt === "decline"],
    ["cookies_off", cookies === "decline"],
    ["no_consent", mode === "consent_only"],
    // Then from the weakest identity to the strongest.
    ["cookies_off:COUNT", cookies === "count"],
    ["denied:COUNT", denied === "count" || (denied === "daily" && !numbered)],
    ["denied:DAILY", denied === "daily" && numbered],
    ["mode_none:COUNT", mode === "none"],
    ["consent:COOKIE", consenting],
    ["daily:DAILY", mode !== "none"],
  ];
  return rules.filter(([, holds]) => holds).map(([rule]) => rule).join(" ");
}

/* Every policy there is, as [{mode: …}, …], the last setting turning fastest. */
export function allPolicies() {
  return Object.entries(SETTINGS).reduce(
    (policies, [key, values]) => policies.flatMap((policy) => values.map((value) => ({ ...policy, [key]: value }))),
    [{}],
  );
}
