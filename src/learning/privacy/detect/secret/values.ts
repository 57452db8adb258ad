import { entropy, randomness, shapeOf } from "../../text/randomness.ts";
import { isNameOfPassword, type Strength } from "./names.ts";

/** How a value stands in the text: a string, a word of an expression, or a word of a setting, where words are values. */
export type Standing = "quoted" | "expression" | "setting" | "prose";

const PLACEHOLDER =
  /^(?::[a-z_]\w*|[a-z]\w*:|<[^>]*>?|\[[^\]]*\]?|\{+[^}]*\}*|\$[\w({].*|%[\w.]+%|%[sdvq]|#\{.*|@[\w.]+@|\*+|x{3,}|X{3,}|\.{2,}|-+|_+|\?+|…+)$|\$\{|\{\{|#\{|<%|%\(|\$\(|^['"]*\$[A-Za-z_{(]|x{5,}|X{5,}|\*{4,}|\.{3,}/;
const ASKS =
  /^(?:your?|the|an?|some|insert|enter|replace|put|add|fill|set|change|use|paste|todo|fixme|tbd|dummy|example|sample|fake|mock|redacted|masked|hidden|removed|omitted|placeholder|undefined|null|none|nil|true|false|yes|no|on|off|empty|default|optional|required|unset|unknown|n\/a|not)(?:$|[-_ .](?:$|.*(?:here|key|token|secret|password|passwd|pass|pwd|value|string|id|me|it|this|credential|api|goes|todo|example|placeholder|set|found)))|(?:_|-|\b)(?:here|goes[-_]here|placeholder|example|redacted|change[-_]?me|replace[-_]?me)$|^change[-_]?(?:me|this|it)$|^your[-_]?(?:api|auth|access|client|secret|token|key|pass)/i;
/** Types and values of languages, as `password: string`. */
const TYPE =
  /^(?:str|string|text|varchar|char|bytes?|int|integer|number|bool|boolean|float|double|any|unknown|object|void|null|undefined|none|nil|true|false|yes|no|optional|required|password|secret|hidden|self|this|new|await|async|return|function|lambda|const|let|var|type|enum|struct|class|interface|array|list|dict|map|record|uuid|date|datetime|json|jsonb|blob|email|url|uri|file|path|enabled|disabled|default|import|export|from|require|env|auto|manual|plain|basic|bearer|oauth2?|md5|sha1|sha256|sha512|bcrypt|argon2|scrypt|hmac|rsa|aes|base64|hex|utf-?8|(?:u?int|float|big|complex|u|i|f)\d{1,3}(?:clamped)?(?:array)?|get|post|and|or|not|is|in|if|else|for|with|to|the|a|an|of|on|at|as|by|be|it|must|should|will|can|may|has|was|are|does|field|value|option|flag|argument|parameter|here|there|below|above|set|reset|only|also|then|when|that|which|used|using|via|per|inherit)$/i;
const REFERENCE =
  /^(?:process\.env|os\.(?:environ|getenv|urandom)|env[[.(]|ENV\[|System\.|std::|config[.[(]|settings?[.[(]|secrets?[.[(]|vars?[.[(]|self\.|this\.|ctx\.|req(?:uest)?\.|res\.|props?\.|params?\.|args?\.|opts?\.|options?\.|data\.|input\.|event\.|context\.|import\.meta|vault:|ssm:|arn:|op:\/\/|file:|env:|ref\+|!(?:vault|ref|sub|env|getatt|secret|encrypted|include)|@[A-Z][\w.]+\(|\*[A-Za-z_]+$|\.\$|\/\/|--|id=)/;
const PATH =
  /^@?(?:\.{0,2}\/|~\/|[A-Za-z]:[\\/])[\w./\\ -]*$|^[\w-]+(?:\/[\w.-]+)+\.\w{1,5}$|\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|env|ini|conf|cfg|xml|html?|js|ts|py|rb|go|php|properties|pub|asc|gpg)$/i;
const URL_LIKE = /^[a-z][a-z0-9+.-]{1,12}:\/\//i;
const VERSION = /^[v^~]?\d+(?:\.\d+){1,10}(?:[-+|][\w.^|~-]+)?$/;
const DOTTED_WORDS = /^[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)+$/;
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const HEX = /^(?:0x)?[0-9a-f]+$/i;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** `ConvertTo-SecureString`, `Get-Secret`: what PowerShell calls its functions. */
const CMDLET = /^[A-Z][a-z]+(?:To|From)?-[A-Z][A-Za-z]+$/;
/** `0xCDEF89ABU` in C, `dword:00000005` in a registry. */
const HARMLESS_NUMBER = /^(?:0x[0-9a-f]{1,16}u?l{0,2}|[dq]word:[0-9a-f]+)$/i;
/** What kubeseal encrypts is made to be shown. */
const SEALED = /^Ag[A-D][A-Za-z0-9+/]{76,}={0,2}$/;
/** Passwords that are themselves words for one: as common as they are bad. */
const WEAK = /^(?:pass|passw|password|passwd|pwd|passphrase|passwort|secret)$/;
const TYPE_NAME =
  /^(?:string|number|boolean|undefined|object|function|symbol|text|hidden|null|none|true|false|required|optional)$/i;
const ALGORITHM =
  /^(?:ecdsa|ssh|aws4|rsa|hmac|aes|sha|ed25519|eddsa|[hrep]s\d{3}|bcrypt|argon2|pbkdf2|scrypt|x25519|curve|chacha|md\d)[\w@.+-]{0,40}$/i;
const HASH =
  /^(?:sha[-_]?\d{1,3}(?:[-_]?crypt)?|md[-_]?\d|bcrypt|scrypt|argon2(?:id?|d)?|pbkdf2[\w-]{0,20}|blowfish)$/i;
const PRODUCT_KEY = /^[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){3,6}$/;
/** Placeholders of ours, with brackets or without. */
export const OURS = /^<?[A-Z][A-Z0-9_]{0,40}_\d{1,9}>?$/;

/** Whether what stands beside a name of that strength is a secret that somebody wrote down. */
export function isSecret(value: string, strength: Strength, standing: Standing, name: string): boolean {
  if (value.length < (strength === "strong" ? 3 : 8) || value.length > 65_536) return false;
  // Rules of validation, a regular expression, a type of Go.
  if (/^(?:required|nullable|string|sometimes|confirmed)\||\(\?[=!:<]/.test(value) || isTypeOfGo(value)) return false;
  if (CMDLET.test(value) || HARMLESS_NUMBER.test(value) || SEALED.test(value)) return false;
  if (OURS.test(value) || (PLACEHOLDER.test(value) && !isNoise(value)) || ASKS.test(value)) return false;
  if (REFERENCE.test(value) || (PATH.test(value) && !isDense(value)) || URL_LIKE.test(value) || VERSION.test(value))
    return false;
  if (/[^\x20-\x7e]/.test(value) && (value.match(/[!-~]/g)?.length ?? 0) < 4) return false;
  if (strength === "strong") return isStrong(value, standing, name);
  if (/\s/.test(value)) return isSeedPhrase(value, name) || isRandomLine(value);
  if (ALGORITHM.test(value)) return false;
  if (UUID.test(value)) return strength === "medium" && entropy(value) > 2;
  if (HEX.test(value)) return isHexSecret(value, strength);
  if (/abcdefgh|ABCDEFGH|^(?:foo|bar|baz|test)+\d*$/.test(value)) return false;
  if (strength === "medium") return isMachineMade(value, /\d\D*\d/.test(value) && !/[_\s]/.test(value) ? 0.3 : 0.42, 8);
  return value.length >= 16 && (PRODUCT_KEY.test(value) || isMachineMade(value, 0.55, 16));
}

function isStrong(value: string, standing: Standing, name: string): boolean {
  if (/\s/.test(value)) return standing === "quoted" && (isPassphrase(value) || isWords(value, name));
  if (DOTTED_WORDS.test(value) && !/\d/.test(value)) return false;
  if (/^(?:0x[0-9a-f]{1,16}|\d{1,3})$/i.test(value)) return false;
  // A label, in whatever language: `"password": "Passwort"`.
  if (/^(?:(?:\p{Lu}\p{Ll}+|\p{Lu}{2,8})-)?\p{Lu}\p{Ll}+$/u.test(value) && isNameOfPassword(value)) return false;
  if (isReference(value, name)) return false;
  const same = value.replace(/[\W_]/g, "").toLowerCase() === name.replace(/[\W_]/g, "").toLowerCase();
  if (/[^ -~]/.test(value) && !/\d/.test(value)) return false;
  switch (standing) {
    case "quoted":
      return (
        !(same && !WEAK.test(value)) && !TYPE_NAME.test(value) && !isConstantName(value) && !isNameOfSecret(value, name)
      );
    case "setting":
      return !TYPE.test(value) || /^(?:password|secret|default|hidden)$/i.test(value);
    case "expression":
      return (
        !IDENTIFIER.test(value) ||
        (/\d/.test(value) && value.length >= 6 && !TYPE.test(value) && !/^[a-z]+[A-Z][A-Za-z]*\d$/.test(value))
      );
    case "prose":
      return isPasswordLike(value);
  }
}

/** `secretKey: password`, `existingSecret: pg-credentials`: where the secret is to be found. */
function isReference(value: string, name: string): boolean {
  return (
    /^(?:existing_?secrets?|secrets?|(?:\w*(?:secret|password|token))_?(?:key|keyref|ref|name))$/i.test(name) &&
    /^[a-z]+(?:[-_.][a-z]+)*$/.test(value)
  );
}

/** `client_secret: "client_secret"`, `"MY_SECRET_NAME"`: a name, not a value. */
function isConstantName(value: string): boolean {
  return /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(value) && randomness(value) < 0.35;
}

function isNameOfSecret(value: string, name: string): boolean {
  if (!/^[a-z][\w-]*$/i.test(value)) return false;
  return (
    /(?:^|[_-])(?:password|passwd|secret|token|api[_-]?key|secret[_-]?key|access[_-]?key|credentials?)$/i.test(value) &&
    /^[a-z]+[_-][a-z]+$/i.test(value) &&
    !/^(?:pass|pwd|passwd|password)$/i.test(name) &&
    randomness(value) < 0.3
  );
}

/** What a password is hashed by: `password_hash('sha512')`. */
export const isHash = (value: string): boolean => HASH.test(value);

/** Words with a digit or a sign among them, or mixed case: what people do to words to make passwords of them. */
export function isPasswordLike(value: string): boolean {
  if (value.length < 5 || value.length > 256 || TYPE.test(value)) return false;
  const { digits, lower, upper, others, caseFlips } = shapeOf(value);
  const letters = lower + upper;
  if (letters === 0) return digits >= 6 && others > 0 && !/^[\d.,:/-]+$/.test(value);
  if (/^[\w.-]+\.(?:com|org|net|io|dev|js|ts|py|md|json|txt)$/i.test(value)) return false;
  if (digits > 0)
    return (
      (letters >= 8 && randomness(value) > 0.6) ||
      !/^(?:[a-z]+\d|[a-z]{1,3}\d{1,2}|[a-z]+-\d+|\d+(?:st|nd|rd|th|px|em|ms|s|kb|mb|gb|x|%|bits?)|[a-z]\d+|(?:oauth|sha|md|utf|base|http|ipv|web|es|p|k)\d+)$/i.test(
        value,
      )
    );
  if (/[!@#$%^&*+=?~|]/.test(value.slice(0, -1)) && !/^[#@$&*]|[=(]/.test(value)) return true;
  return letters >= 8 && randomness(value) > (caseFlips > 2 ? 0.5 : 0.75);
}

function isPassphrase(value: string): boolean {
  if (value.length > 128) return false;
  if (/\d/.test(value) && /[^\w\s.,]/.test(value) && value.split(/\s+/).length <= 3) return value.length <= 64;
  return isDiceware(value) || isRandomLine(value) || isOddWords(value);
}

/** A few words with digits or signs among them that begin as no label does: `pg admin 9`. */
function isOddWords(value: string): boolean {
  return (
    value.length <= 48 &&
    /^[^A-Z]/.test(value) &&
    /[\d&+#@!$%^=]/.test(value) &&
    /^\S+(?: \S+){1,5}$/.test(value) &&
    !SENTENCE.test(value.toLowerCase()) &&
    !/[<>{}()[\]]/.test(value)
  );
}

/** Some names take several words more often than one. */
function isWords(value: string, name: string): boolean {
  return /psk$|pass_?phrase$|vault_?pass/i.test(name) && value.length <= 128 && !SENTENCE.test(value.toLowerCase());
}

/** Words of sentences: what a program says about a password has one of them, words that dice chose have none. */
const SENTENCE =
  /\b(?:an?|and|any|are|as|at|be|by|can|characters?|confirm|current|do|does|enter|field|for|forgot|from|has|have|if|in|incorrect|invalid|is|it|length|letters?|log|long|match|must|my|new|no|not|of|old|on|or|please|required|reset|set|should|sign|than|that|the|this|to|too|try|use|user|was|weak|will|with|wrong|you|your|pass\w*|secrets?|tokens?|keys?)\b/;

/** Four words or more in lower case and nothing else, as diceware makes them. */
function isDiceware(value: string): boolean {
  return /^(?:[a-z]{3,12}[ ]){3,11}[a-z]{3,12}$/.test(value) && !SENTENCE.test(value);
}

/** BIP 39: 12 to 24 words that open a wallet. */
function isSeedPhrase(value: string, name: string): boolean {
  return /mnemonic|seed|phrase|recovery/i.test(name) && /^(?:[a-z]{3,8} ){11,23}[a-z]{3,8}$/.test(value);
}

/** Letters, digits and signs at random, a space among them by chance. */
export function isRandomLine(value: string): boolean {
  const signs = value.match(/[^\w\s]/g)?.length ?? 0;
  return (
    value.length >= 32 &&
    value.length <= 256 &&
    signs >= value.length / 6 &&
    (value.match(/\s/g)?.length ?? 0) <= value.length / 16 &&
    /\d/.test(value) &&
    /[a-z]/.test(value) &&
    /[A-Z]/.test(value) &&
    new Set(value).size >= 20
  );
}

/** A line so random that what looks like a template in it is chance. */
function isNoise(value: string): boolean {
  return isRandomLine(value) && !value.includes("${") && randomness(value) >= 0.6;
}

/** `*sql.NullString` */
function isTypeOfGo(value: string): boolean {
  return /^\*?[a-z]\w*\.[A-Z]\w*$/.test(value) && (!/\d/.test(value) || randomness(value) < 0.4);
}

/** Letters and digits in turns, or letter pairs that no word has. */
export function isMachineMade(value: string, least: number, shortest: number): boolean {
  if (value.length < shortest || !/^[\x21-\x7e]+$/.test(value)) return false;
  if (DOTTED_WORDS.test(value) && randomness(value) < 0.6) return false;
  const { digits, lower, upper } = shapeOf(value);
  if (lower + upper < 3) return digits >= 20 || (digits >= 8 && value.length >= 16);
  if (entropy(value) < 2.6) return false;
  const score = randomness(value);
  return score >= least + (digits === 0 ? 0.1 : 0);
}

function isHexSecret(value: string, strength: Strength): boolean {
  const digits = value.replace(/^0x/i, "");
  if (/^\d+$/.test(digits)) return strength === "medium" && digits.length >= 16;
  if (/^[a-f]+$/i.test(digits) && digits.length < 16) return false;
  return digits.length >= (strength === "medium" ? 8 : 32) && entropy(digits) > 2.2;
}

/** A path-like value that is base64 all the same. */
function isDense(value: string): boolean {
  return value.length >= 20 && randomness(value) > 0.7 && !/\.\w{1,5}$/.test(value);
}
