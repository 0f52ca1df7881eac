/* Policy: what the site asks of a visitor's browser, as one string that the server may replace.
 *
 * The string is the placeholder: whoever serves the built file puts the site's own in its place, byte for byte
 * (README, "How the server gives the policy"). As it stands it is the `standard` preset. Nothing in the page, no
 * attribute, no global and no argument, can change it.
 * Its fields, between commas: the rules by which say.js decides, in order of precedence, `reason:STATE` each, where a
 * reason alone means DROP; the version of the privacy notice; `zone` where the browser's time zone may be read, or
 * nothing; and the names of query parameters that may leave the browser.
 */
export const [rules, noticeVersion, zone, ...keptNames] =
  "frame bot optout denied gpc dnt cookies_off daily:DAILY,1,zone,ref,source".split(",");
