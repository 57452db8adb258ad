/** Personal data of people there are not, in the formats of many countries, with check digits by the issuers' rules. */
import { type Chance, joined, type Labelled, labelled, marked } from "./redaction-labelled.ts";

const email = marked("EMAIL");
const phone = marked("PHONE");
const card = marked("CARD");
const iban = marked("IBAN");
const national = marked("NATIONAL_ID");
const ip = marked("IP");

const FIRST = ["jane", "ahmed", "lucía", "wei", "olga", "søren", "priya", "tom", "zoë", "kenji", "fatou", "ana-maria"];
const LAST = ["doe", "müller", "garcia", "o'neil", "kowalski", "tanaka", "smith", "nguyen", "rossi", "van-dijk"];
const HOSTS = ["acme-corp.com", "mail.example.org", "uni-köln.de", "gov.uk", "startup.io", "sub.dept.firma.co.jp"];

const ascii = (name: string) => name.normalize("NFD").replace(/[^a-z-]/g, "");
const luhnDigit = (body: string) => {
  for (let digit = 0; digit < 10; digit += 1) {
    const sum = [...`${body}${digit}`].reverse().reduce((total, unit, index) => {
      const value = index % 2 === 0 ? Number(unit) : 2 * Number(unit);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
    if (sum % 10 === 0) return String(digit);
  }
  return "0";
};
const grouped = (digits: string, sizes: readonly number[], by: string) => {
  let at = 0;
  return sizes
    .map((size) => {
      at += size;
      return digits.slice(at - size, at);
    })
    .join(by);
};
const dot = (digits: string, weights: readonly number[]) =>
  weights.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);

function emailOf(chance: Chance): string {
  const [first, last] = [ascii(chance.of(FIRST)), ascii(chance.of(LAST))];
  const local = chance.of([
    `${first}.${last}`,
    `${first}_${last}${chance.int(1, 99)}`,
    `${first}+${chance.of(["news", "git", "tag-1"])}`,
    `${first[0]}${last}`,
    `${first}-${last}.${chance.int(1980, 2005)}`,
    `o'${last}`,
  ]);
  return `${local}@${chance.of(HOSTS)}`;
}

/** Prefix and length by brand. */
const CARDS = [
  ["4", 16],
  ["51", 16],
  ["2221", 16],
  ["37", 15],
  ["6011", 16],
  ["3530", 16],
] as const;
function cardOf(chance: Chance): string {
  const [prefix, length] = chance.of(CARDS);
  const body = prefix + chance.digits(length - 1 - prefix.length);
  const digits = body + luhnDigit(body);
  if (chance.next() < 0.4) return digits;
  return grouped(digits, length === 15 ? [4, 6, 5] : [4, 4, 4, 4], chance.of([" ", "-"]));
}

/** Country and the pattern of its account number: n digits, a letters, c either. */
const IBANS = [
  ["DE", "n18"],
  ["GB", "a4n14"],
  ["FR", "n10c11n2"],
  ["NL", "a4n10"],
  ["ES", "n20"],
  ["IT", "a1n10c12"],
  ["CH", "n5c12"],
  ["PL", "n24"],
  ["SE", "n20"],
  ["NO", "n11"],
  ["BE", "n12"],
  ["AT", "n16"],
  ["PT", "n21"],
  ["TR", "n6c16"],
  ["SA", "n2c18"],
  ["BR", "n23a1c1"],
] as const;
function ibanOf(chance: Chance): string {
  const [country, pattern] = chance.of(IBANS);
  const account = [...pattern.matchAll(/([nac])(\d+)/g)]
    .map(([, kind, length]) =>
      chance.text(
        Number(length),
        kind === "n"
          ? "0123456789"
          : kind === "a"
            ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
            : "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789",
      ),
    )
    .join("");
  const asNumber = [...`${account}${country}00`].map((unit) => Number.parseInt(unit, 36)).join("");
  const check = String(98n - (BigInt(asNumber) % 97n)).padStart(2, "0");
  const plain = `${country}${check}${account}`;
  return chance.next() < 0.5 ? plain : (plain.match(/.{1,4}/g) ?? []).join(" ");
}

/** In the ways each country's people write them; # is any digit. */
const PHONES = [
  "+1 (###) 555-####|+1-###-555-####|(###) 555-####|###-555-####|###.555.####|+1###555####",
  "+44 20 7946 0###|+44 7700 900###|07700 900###|020 7946 0###|+447700900###",
  "+49 30 901820##|+49 151 2345####|0151 2345####|030/901820##|+49 (0)30 901820##",
  "+33 1 99 00 ## ##|+33 6 39 98 ## ##|06 39 98 ## ##|+33639980###",
  "+34 612 34 ## ##|+34612345###|+34 91 123 ####",
  "+39 06 1234 ####|+39 347 123 ####|+39 3471234###",
  "+31 6 1234####|+31 20 123 ####|06-1234####|020-123 ####",
  "+41 44 668 ## ##|044 668 ## ##|+41 79 123 ## ##",
  "+46 8 123 456 ##|+46 70 123 ## ##|070-123 ## ##",
  "+48 22 123 ## ##|+48 512 345 ###",
  "+91 98765 43###|+91-9876543###|+919876543###",
  "+86 138 0013 ####|+86 10 1234 ####|+8613800138###",
  "+81 90-1234-####|090-1234-####|03-1234-####|+81 3-1234-####",
  "+82 10-1234-####|010-1234-####|02-312-####",
  "+55 11 91234-####|(11) 91234-####|+55 (11) 91234-####",
  "+52 55 1234 ####|+52 1 55 1234 ####",
  "+61 412 345 ###|0412 345 ###|(02) 9123 ####|+61 2 9123 ####",
  "+7 912 345-67-##|+7 (912) 345-67-##|+79123456###",
  "+90 532 123 ## ##|0532 123 ## ##",
  "+27 82 123 ####|082 123 ####",
  "+971 50 123 ####|+966 50 123 ####|+20 100 123 ####|+234 803 123 ####|+254 712 345 ###",
];
const phoneOf = (chance: Chance) =>
  chance
    .of(chance.of(PHONES).split("|"))
    .replace(/^(\+1[ -]?)?\(?###/, (area) =>
      area.replace("###", `${chance.int(2, 9)}${chance.int(0, 9)}${chance.int(2, 9)}`),
    )
    .replaceAll("#", () => chance.digits(1));

function ipOf(chance: Chance): string {
  const group = () => chance.text(4, "123456789abcdef");
  return chance.of([
    `${chance.int(11, 126)}.${chance.int(0, 255)}.${chance.int(0, 255)}.${chance.int(1, 254)}`,
    `10.${chance.int(0, 255)}.${chance.int(0, 255)}.${chance.int(1, 254)}`,
    `192.168.${chance.int(0, 255)}.${chance.int(1, 254)}`,
    `203.0.113.${chance.int(1, 254)}`,
    `2001:db8:${group()}:${group()}:${group()}:${group()}:${group()}:${group()}`,
    `2a02:${group()}:${group()}::${group()}`,
    `fe80::${group()}:${group()}:${group()}:${group()}`,
    `2001:db8::${group()}`,
    `::ffff:198.51.100.${chance.int(1, 254)}`,
  ]);
}

const day = (chance: Chance) => String(chance.int(1, 28)).padStart(2, "0");
const month = (chance: Chance) => String(chance.int(1, 12)).padStart(2, "0");
const year = (chance: Chance) => String(chance.int(40, 99));

/** A country's number and what people call it there. */
const NATIONALS: readonly ((chance: Chance) => readonly [name: string, value: string])[] = [
  (c) => ["SSN", `${c.int(100, 665)}-${c.int(10, 99)}-${c.int(1000, 9999)}`],
  (c) => ["social security number", `${c.int(100, 665)}${c.int(10, 99)}${c.int(1000, 9999)}`],
  (c) => [
    "NI number",
    `${c.of(["AB", "CE", "JK", "SP"])} ${grouped(c.digits(6), [2, 2, 2], " ")} ${c.of(["A", "B", "C"])}`,
  ],
  (c) => ["nino", `${c.of(["AB", "CE", "JK", "SP"])}${c.digits(6)}${c.of(["A", "B", "C"])}`],
  (c) => {
    const body = c.digits(8);
    return ["DNI", body + "TRWAGMYFPDXBNJZSQVHLCKE".charAt(Number(body) % 23)];
  },
  (c) => {
    const body = `${c.of(["1", "2"])}${year(c)}${month(c)}${c.int(10, 95)}${c.digits(3)}${c.digits(3)}`;
    const whole = body + String(97n - (BigInt(body) % 97n)).padStart(2, "0");
    return ["numéro de sécurité sociale", c.of([whole, grouped(whole, [1, 2, 2, 2, 3, 3, 2], " ")])];
  },
  (c) => {
    const body = c.of(["1", "4", "7"]) + c.digits(9);
    let product = 10;
    for (const unit of body) product = (2 * ((Number(unit) + product) % 10 || 10)) % 11;
    const whole = `${body}${(11 - product) % 10}`;
    return ["Steuer-ID", c.of([whole, grouped(whole, [2, 3, 3, 3], " ")])];
  },
  (c) => {
    const body = c.digits(9);
    const first = ((10 * dot(body, [10, 9, 8, 7, 6, 5, 4, 3, 2])) % 11) % 10;
    const second = ((10 * dot(`${body}${first}`, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) % 11) % 10;
    const whole = `${body}${first}${second}`;
    return ["CPF", c.of([whole, whole.replace(/(...)(...)(...)(..)/, "$1.$2.$3-$4")])];
  },
  (c) => {
    const body = `${year(c)}${month(c)}${day(c)}${c.digits(3)}`;
    return ["personnummer", `${body.slice(0, 6)}-${body.slice(6)}${luhnDigit(body)}`];
  },
  (c) => {
    const body = `${year(c)}${month(c)}${day(c)}${c.digits(4)}`;
    return ["PESEL", `${body}${(10 - (dot(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10}`];
  },
  (c) => {
    const body = `${c.of(["11", "44", "31"])}01${c.int(10, 99)}19${year(c)}${month(c)}${day(c)}${c.digits(3)}`;
    const sum = dot(body, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    return ["身份证", `${body}${"10X98765432".charAt(sum % 11)}`];
  },
  (c) => {
    const body = c.digits(7);
    const sum = dot(body, [2, 7, 6, 5, 4, 3, 2]);
    return ["NRIC", `S${body}${"JZIHGFEDCBA".charAt(sum % 11)}`];
  },
  (c) => ["PAN", `${c.text(3, "ABCDEFGHIJKLMN")}P${c.text(1, "ABCDEFGHIJ")}${c.digits(4)}${c.text(1, "ABCDEFG")}`],
  (c) => {
    const body = c.of(["1", "2", "4", "5", "7"]) + c.digits(7);
    const whole = body + luhnDigit(body);
    return ["SIN", grouped(whole, [3, 3, 3], c.of([" ", "-"]))];
  },
  (c) => {
    const body = `${day(c)}${month(c)}${year(c)}${c.digits(3)}`;
    const check = "0123456789ABCDEFHJKLMNPRSTUVWXY".charAt(Number(body) % 31);
    return ["henkilötunnus", `${body.slice(0, 6)}-${body.slice(6)}${check}`];
  },
];

/** Where such a value stands: prose, code, settings, logs, dumps, patches, traces. */
const CONTEXTS: Readonly<Record<string, readonly ((name: string, chance: Chance) => (value: string) => Labelled)[]>> = {
  EMAIL: [
    () => (v) => labelled`Please write to ${email(v)}, or call.`,
    () => (v) => labelled`const owner = "${email(v)}";`,
    () => (v) => labelled`{"user":{"email":"${email(v)}","active":true}}`,
    () => (v) => labelled`{"payload":"{\"to\":\"${email(v)}\"}"}`,
    () => (v) => labelled`INSERT INTO users VALUES (7, '${email(v.replace("'", ""))}', 'x');`,
    () => (v) => labelled`2026-01-03T10:22:01Z WARN login failed for ${email(v)} after 3 tries`,
    () => (v) => labelled`Signed-off-by: J. Doe <${email(v)}>`,
    () => (v) => labelled`+  contact: ${email(v)}`,
    () => (v) => labelled`<a href="mailto:${email(v)}">write</a>`,
    () => (v) => labelled`    at Mailer.send (${email(v)} refused)`,
  ],
  PHONE: [
    () => (v) => labelled`You can call me at ${phone(v)} tomorrow.`,
    () => (v) => labelled`phone: "${phone(v)}"`,
    () => (v) => labelled`{"name":"J. Doe","phone":"${phone(v)}"}`,
    () => (v) => labelled`Tel. ${phone(v)}`,
    () => (v) => labelled`(3, 'Jane', 'tel', '${phone(v)}'),`,
    () => (v) => labelled`# mobile ${phone(v)}`,
  ],
  CARD: [
    () => (v) => labelled`charge the card ${card(v)} please`,
    () => (v) => labelled`"pan": "${card(v)}",`,
    () => (v) => labelled`number = '${card(v)}'`,
    () => (v) => labelled`10:00:01 payment of 12.00 EUR with ${card(v)} declined`,
    () => (v) => labelled`(12, '${card(v)}', '09/29'),`,
  ],
  IBAN: [
    () => (v) => labelled`Überweisen Sie bitte auf ${iban(v)}.`,
    () => (v) => labelled`"iban": "${iban(v)}"`,
    () => (v) => labelled`account = '${iban(v)}'`,
    () => (v) => labelled`- ${iban(v)}`,
    () => (v) => labelled`SELECT * FROM t WHERE iban = '${iban(v)}';`,
  ],
  NATIONAL_ID: [
    (name) => (v) => labelled`My ${name} is ${national(v)}.`,
    (name) => (v) => labelled`"${name}": "${national(v)}"`,
    (name) => (v) => labelled`${name}: ${national(v)}`,
    (name) => (v) => labelled`// test with ${name} ${national(v)}`,
  ],
  IP: [
    () => (v) => labelled`ssh root@${ip(v)}`,
    () => (v) => labelled`host = "${ip(v)}"`,
    () => (v) => labelled`${ip(v)} - - [03/Jan/2026:10:22:01 +0000] "GET / HTTP/1.1" 200`,
    () => (v) => labelled`connection from ${ip(v)} port 52114`,
    () => (v) => labelled`"remote_addr":"${ip(v)}"`,
    () => (v) => labelled`the server ${ip(v)} does not answer`,
  ],
};

const VALUES: Readonly<Record<string, (chance: Chance) => string>> = {
  EMAIL: emailOf,
  PHONE: phoneOf,
  CARD: cardOf,
  IBAN: ibanOf,
  IP: ipOf,
};

export const PERSONAL_TYPES = Object.keys(CONTEXTS);

export const inContext = (type: string, value: string, chance: Chance, name = type): Labelled =>
  chance.of(CONTEXTS[type] ?? [])(name, chance)(value);

/** `count` texts, each with one or two values of the type among lines that hold nothing. */
export function* people(
  type: string,
  count: number,
  chance: Chance,
  ordinary: (chance: Chance) => string,
): Generator<Labelled> {
  const one = () => {
    if (type === "NATIONAL_ID") {
      const [name, value] = chance.of(NATIONALS)(chance);
      return inContext(type, value, chance, name);
    }
    return inContext(type, VALUES[type]?.(chance) ?? "", chance);
  };
  for (let n = 0; n < count; n += 1) {
    const plain = () => ({ text: ordinary(chance), labels: [] });
    yield joined([plain(), one(), ...(chance.next() < 0.5 ? [plain(), one()] : []), plain()]);
  }
}
