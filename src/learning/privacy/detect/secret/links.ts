/** A declared type between name and value. */
const TYPED = String.raw`(?:[ \t]{0,4}\??:[ \t]{0,4}(?:&?'?\w[\w.<>[\]| ?&']{0,40}?)(?=[ \t]{1,4}=[^=>]|=[ \t]?["'${"`"}])|[ \t]{1,4}(?:string|String|str|std::string|NSString ?\*|\[\]byte|text|varchar\(\d+\))(?=[ \t]{0,4}:?=))?`;
/** From a name to its value: each way of writing, the first that fits. */
const LINKS = {
  /** `password("…")` */
  call: String.raw`["'\]]{0,2}[ \t]?\((?=["'${"`"}])`,
  /** `<password>…`, `<label for="password">…` */
  tag: String.raw`["']?(?:[ \t][^<>\n"']{0,40})?(?<![=-])>(?:[ \t]{0,8}\n[ \t]{0,40})?(?=[^<\s])`,
  /** `name: PASSWORD, value: …`, `"password": {"value": …}` */
  pair: String.raw`["']?[ \t]{0,4},\s{0,40}["']?(?:[Vv]alue|val|content|ParameterValue)["']?[ \t]{0,4}[:=][ \t]{0,4}|["']?[ \t]{0,4}(?:[:=][ \t]{0,4})?\{(?:[^{}"']{0,200}\n)?[ \t]{0,20}["']?(?:[Vv]alue|default)["']?[ \t]{0,8}[:=][ \t]{0,4}|\n[ \t]{0,40}["']?value["']?[ \t]{0,4}[:=][ \t]{0,4}|["'][ \t]{1,8}(?:value|content)[ \t]?=[ \t]?|</key>\s{0,40}<string>`,
  /** `"password", "…"`, `env.PASSWORD || "…"` */
  comma: String.raw`["']?[ \t]{0,4},[ \t\n]{0,20}(?=["'${"`"}])|["'${"`"}\])]{1,3}[ \t]{0,3}(?:\|\||\?\?|\?:|or)[ \t]{1,3}(?=["'${"`"}])`,
  /** `password:` or `password: |`, and the value on the next line */
  block: String.raw`(?:["']?:[ \t]{0,4}(?:[|>][-+]?)?[ \t]{0,4}\n[ \t]{1,40})(?=[^\s"'${"`"}-])`,
  /** `password=…`, `password: …`, `password := …` */
  set: String.raw`["'${"`"}\])]{0,3}(?:\[\d{0,6}\])?${TYPED}[ \t]{0,40}(?:=>|:{1,3}=|:-|(?:[+.]|\|{1,2}|\?{1,2})?={1,3}|!={1,2}|:|->|<-|~=)(?:[ \t]{0,12}|[ \t]{0,4}\n[ \t]{0,40}(?=["'${"`"}]))`,
  /** `the password of the router is …` */
  words: String.raw`["'${"`"}*]{0,2}[ \t]{0,2}(?:[\w.@'"\u00c0-\u024f-]{1,30} ){0,5}?(?:(?:is|was|are|will be|has been (?:set|changed) to|set to|(?:was )?(?:changed|reset) (?:from|to)|to|auf|lautet|ist|est|es|è|é|jest|je|är|er|это)(?![\w\u00aa-\uffff-])|是|为|為|は|는|은)[ \t]?:?[ \t]{0,4}|[ \t](?:for|of|on|to|at|für|von|vom|zum|zur|des|der|de|du|del|dell|para|do|da|per|voor|van|till|för|от|для|к|k|ke)[ \t](?:[\w.@'"\u00c0-\u024f\u0400-\u04ff-]{1,30} ){0,3}[\w.@'"\u00c0-\u024f\u0400-\u04ff-]{1,30}[ \u00a0]?:[ \t]{1,4}`,
  /** `--password …`, `password (…` */
  space: String.raw`[ \t]{0,2}[«„“][ \u00a0]{0,2}|[ \t]{1,8}(?:-{1,3}[ \t]{0,3})?|[ \t]?[(]|["'${"`"}][ \t]{1,4}(?=["'${"`"}])`,
};
export const LINK = new RegExp(
  Object.values(LINKS)
    .map((link) => `(${link})`)
    .join("|"),
  "y",
);
/** caption: `<label for="password">Password</label>`, where the name is an attribute's value. */
export type Way = keyof typeof LINKS | "caption";
/** In the order of the groups of LINK. */
export const WAYS = Object.keys(LINKS) as (keyof typeof LINKS)[];
/** What may stand between the link and the value: what it stands in for, a call that wraps it, a prefix of its string. */
export const OPENING =
  /(?:(?:process\.env\.\w{1,60}|(?:os\.)?(?:environ\.get|getenv|env)\([^()\n]{0,80}\)|ENV\[[^\]\n]{0,60}\]|ENV\.fetch\([^()\n]{0,60}\)|\$_(?:ENV|SERVER)\[[^\]\n]{0,60}\])[ \t]{0,4}(?:\|\||\?\?|or|\?:)[ \t]{0,4}(?=["'`]))?(?:(?:new |String\(|str\(|Field\((?:default=)?|useState(?:<string>)?\(|String::from\(|(?:[Mm][Dd]5|SHA\d|CRYPT|crypt|PASSWORD|ENCRYPT)\(|Some\(|bytes\(|Buffer\.from\(|SecretStr\(|b64decode\(|encode\(|"Basic |'Basic |\[|\(|&)[ \t]?){0,2}(?:[bBrRuUfFLN@]{1,2}(?=["'`]))?(?:[Bb]earer[ \t]+|[Bb]asic[ \t]+|[Tt]oken[ \t]+(?!is\b))?/y;
