/** Texts made to cost a redactor more than their length: each a small piece over and over, or one that never ends. */
import { Chance } from "./redaction-labelled.ts";

const chance = new Chance(11);
const repeated = (piece: string) => (length: number) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
const random = (alphabet: string) => (length: number) => {
  // Long enough that nothing repeats within reach of any rule, short enough to be made quickly.
  const block = chance.text(65_536, alphabet);
  return block.repeat(Math.ceil(length / block.length)).slice(0, length);
};

/** By name: text of a length. */
export const ATTACKS: Readonly<Record<string, (length: number) => string>> = {
  digits: random("0123456789"),
  "digits with separators": random("0123456789 -./()+"),
  "groups of a card": repeated("4111 1111 1111 1112 "),
  "called numbers": repeated("phone 5551234567, id 12345678, card 4111111111111112, ssn "),
  "@ everywhere": repeated("@"),
  "a@a.a.a": repeated("a@a."),
  "domain without end": (length) => `a@${repeated("a.")(length - 3)}-`,
  "local part without end": (length) => `${repeated("a.")(length - 2)}@a`,
  "[at] and [dot]": repeated("a [at] b [dot] "),
  quotes: repeated('"'),
  "open quotes": repeated('password="a'),
  "nested JSON": repeated('{"a":"{\\"password\\":\\"'),
  backslashes: repeated("\\"),
  "BEGIN without END": repeated("-----BEGIN RSA PRIVATE KEY-----\n"),
  "END without BEGIN": repeated("AAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n"),
  "BEGIN on one line": repeated("-----BEGIN RSA PRIVATE KEY-----"),
  "END on one line": repeated("-----END PRIVATE KEY-----"),
  "key= repeated": repeated("key="),
  "password: repeated": repeated("password: "),
  "names without end": repeated("secret_token_password_key_"),
  "one line of base64": random("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
  "words of base64": random("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/   "),
  "letters and digits of IBANs": repeated("DE44 5001 0517 5407 3249 32 GB"),
  "IBAN without end": repeated("GB82WEST1234569876543"),
  "beginnings of tokens": repeated("sk-ghp_AKIAxoxb-eyJglpat-"),
  "beginnings of one token": repeated("eyJ"),
  "dots of tokens": repeated("eyJhbGciOiJI.eyJzdWIiOiIx."),
  "URLs with users": repeated("http://a:b"),
  "URL without end": (length) => `http://${repeated("a:")(length - 8)}@`,
  "IPv6 without end": repeated("2001:db8:"),
  colons: repeated(":"),
  "combining marks": repeated("e\u0301\u0300\u0302"),
  "zero-width characters": repeated("p\u200ba\u200bs\u200bs\u200b"),
  "full-width": repeated("\uff14\uff11\uff11\uff11\uff20"),
  "percent signs": repeated("%70%61%73%73%3d"),
  "entities of HTML": repeated("&#64;&commat;&amp"),
  "commands without end": repeated("curl -u "),
  "mysql options": repeated("mysql -a -b -c "),
  "authorization headers": repeated("Authorization: Bearer "),
  "Kubernetes secrets": repeated("kind: Secret\ndata:\n  a: "),
  "machines of netrc": repeated("machine a login b password "),
  "columns of passwords": repeated("user,password\n"),
  "one row of columns": repeated("password,"),
  "inserts without values": repeated("insert into t (a,password) "),
  "inserts without end": repeated("insert into t (password) values ('a',"),
  "settings of signs": repeated("PASSWORD=a&b;c)\n"),
  "one setting of signs": (length) => `PASSWORD=${repeated("a&b;c)")(length - 9)}`,
  "one token without end": (length) => `token=aB3dE5gH7jK9mN1p${repeated("Q3rS5tU7")(length - 22)}`,
  "names in prose": repeated("the password of a "),
  "blocks of variables": repeated('"password" {\n a '),
  "pairs in queries": repeated("&password=a,b"),
  "calls without end": repeated("PDO('a',"),
  "codes in queries": repeated("?code=aB3dE5gH7jK9mN1pQ3rS5tU7&"),
  "home folders": repeated("/home/"),
  newlines: repeated("\n"),
  "found everywhere": repeated("jane@example.org,"),
  "anything printable": random(Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("")),
  "any unit": random(Array.from({ length: 2048 }, (_, index) => String.fromCharCode(index * 31 + 1)).join("")),
};
