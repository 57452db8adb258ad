import { expect, test } from "vitest";
import { found } from "../testing/found.ts";

test.each([
  ["plain", "write to jane.doe@example.org now", "jane.doe@example.org"],
  ["with a plus and subdomains", "jane+news@mail.dept.example.co.uk", "jane+news@mail.dept.example.co.uk"],
  ["in angle brackets", "Jane <jane_d@example.org>", "jane_d@example.org"],
  ["at the end of a sentence", "Ask jane@example.org.", "jane@example.org"],
  ["in a mailto link", '<a href="mailto:j@example.org">', "j@example.org"],
  ["of letters of another script", "пишите на иван@пример.рф", "иван@пример.рф"],
  ["percent-encoded", "?to=jane%40example.org&x=1", "jane%40example.org"],
  ["after a URL, in CSV", "https://y.acme.io,jane@example.org,x", "jane@example.org"],
  ["as an entity of HTML", "jane&#64;example.org", "jane&#64;example.org"],
  ["with a full-width sign", "jane\uff20example.org", "jane\uff20example.org"],
  ["split by a zero-width space", "ja\u200bne@exam\u200bple.org", "ja\u200bne@exam\u200bple.org"],
  ["spelled out", "jane.doe [at] example [dot] org", "jane.doe [at] example [dot] org"],
])("finds an email address %s", (_, text, address) => {
  expect(found(text)).toEqual([`EMAIL ${address}`]);
});

test.each([
  "git@github.com:group/project.git",
  "icon@2x.png",
  "@types/node@24.10.1",
  "@Component({ selector: 'x' })",
  "a @ b.c",
  "user@localhost",
])("takes no email address from %s", (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  ["United States", "(212) 555-0147"],
  ["United States, international", "+1 212-555-0147"],
  ["United Kingdom", "+44 20 7946 0958"],
  ["United Kingdom, national", "07700 900123"],
  ["Germany", "+49 (0)30 90182012"],
  ["Germany, national", "030/90182012"],
  ["Germany, with a slash between spaces", "030 / 90 18 20 12"],
  ["France", "06 39 98 12 34"],
  ["Spain", "+34 612 34 56 78"],
  ["Italy", "+39 347 123 4567"],
  ["Netherlands", "06-12345678"],
  ["Switzerland", "044 668 18 00"],
  ["Poland, whose number could be a German tax number", "+48 512 345 714"],
  ["India", "+91 98765 43210"],
  ["China", "+86 138 0013 8000"],
  ["Japan", "090-1234-5678"],
  ["South Korea", "010-1234-5678"],
  ["Brazil", "+55 (11) 91234-5678"],
  ["Australia", "(02) 9123 4567"],
  ["Russia", "+7 (912) 345-67-89"],
  ["without separators", "+4915112345678"],
])("finds a telephone number of %s", (_, number) => {
  expect(found(`"${number}"`)).toEqual([`PHONE ${number}`]);
});

test("takes plain digits for a telephone number where they are called one", () => {
  expect(found("order 5551234567")).toEqual([]);
  expect(found("call me at 5551234567")).toEqual(["PHONE 5551234567"]);
  expect(found("tfno: 612 34 56 78")).toEqual(["PHONE 612 34 56 78"]);
  expect(found("Llámame al 679 08 96 46 cuando termine.")).toEqual(["PHONE 679 08 96 46"]);
  expect(found("https://wa.me/491712345678")).toEqual(["PHONE 491712345678"]);
  expect(found("Tel.: 030 / 901820")).toEqual(["PHONE 030 / 901820"]);
  expect(found('"phone":\n  "5551234567"')).toEqual(["PHONE 5551234567"]);
});

test("takes no part of a dump for a telephone number", () => {
  expect(found("00000000: 7f45 4c46 0201 0100 9857 e172 58dc 0f68")).toEqual([]);
  expect(found("0000010: 0000 0001 0803 0000 0028 cb34 ...")).toEqual([]);
});

test("takes nothing on the next line for a telephone number because the last one named one", () => {
  expect(found("You can call me.\n[[9.669487, 1234567], 3]")).toEqual([]);
  expect(found("Tel. 06-12345678\n<Version>16.1.94.18</Version>")).toEqual(["PHONE 06-12345678"]);
});

test.each([
  ["Visa", "4111111111111111"],
  ["Visa in groups", "4111 1111 1111 1111"],
  ["Mastercard with dashes", "5555-5555-5555-4444"],
  ["Visa with full stops", "4292.9679.0079.8686"],
  ["Mastercard of the second series", "2223003122003222"],
  ["American Express", "3782 822463 10005"],
  ["Discover", "6011111111111117"],
  ["JCB", "3530111333300000"],
  ["Diners Club", "30569309025904"],
  ["in full-width digits", "\uff14111111111111111"],
])("finds a payment card: %s", (_, number) => {
  expect(found(`paid with ${number} today`)).toEqual([`CARD ${number}`]);
});

test("takes no number for a payment card whose check digit is wrong", () => {
  expect(found("paid with 4111111111111112 today")).toEqual([]);
  expect(found("paid with 5555-5555-5555-4445 today")).toEqual([]);
});

test("takes no 13 digits for a card unless something says so, since times in milliseconds look like that", () => {
  expect(found("4222222222222")).toEqual([]);
  expect(found("card 4222222222222")).toEqual(["CARD 4222222222222"]);
  expect(found("('4222222222222', '09/29')")).toEqual(["CARD 4222222222222"]);
});

test.each([
  "DE89370400440532013000",
  "DE89 3704 0044 0532 0130 00",
  "GB29 NWBK 6016 1331 9268 19",
  "FR14 2004 1010 0505 0001 3M02 606",
  "NO93 8601 1117 947",
  "MT84MALT011000012345MTLCAST001S",
  "de89370400440532013000",
])("finds the IBAN %s", (iban) => {
  expect(found(`to ${iban}, please`)).toEqual([`IBAN ${iban}`]);
});

test.each([
  ["a check that fails", "DE88370400440532013000"],
  ["the wrong length for its country", "DE8937040044053201300"],
  ["a country that has none", "ZZ89370400440532013000"],
])("takes for no IBAN what has %s", (_, text) => {
  expect(found(`ref ${text}`).filter((one) => one.startsWith("IBAN"))).toEqual([]);
});

test.each([
  "203.0.113.7",
  "10.1.2.3",
  "192.168.1.20",
  "2001:db8:85a3:0:0:8a2e:370:7334",
  "2001:db8::8a2e:370:7334",
  "2a02:8070::1",
  "fe80::1ff:fe23:4567:890a",
  "::ffff:198.51.100.7",
  "64:ff9b::198.51.100.7",
])("finds the address %s, inside a company as well as outside", (address) => {
  expect(found(`connection from ${address} closed`)).toEqual([`IP ${address}`]);
});

test("finds an address where nothing separates it from a word of another script, and none after a word of its own", () => {
  expect(found("地址2001:db8::8a2e:370:7334。")).toEqual(["IP 2001:db8::8a2e:370:7334"]);
  expect(found("[2001:db8::8a2e:370:7334]:443")).toEqual(["IP 2001:db8::8a2e:370:7334"]);
  expect(found("g2001:db8::8a2e:370:7334")).toEqual([]);
});

test.each([
  "listen on 127.0.0.1:8080",
  "bind 0.0.0.0",
  "ping ::1",
  "mask 255.255.255.0",
  "allow 10.0.0.0/8",
  "version 1.2.3.4",
  "<Version>10.0.19041.1</Version>",
  "std::map<a::b> x; a::b::c()",
  "at 10:22:01",
  "ether 52:54:00:12:34:56",
])("takes no address from %s", (text) => {
  expect(found(text)).toEqual([]);
});

test("finds an address at the beginning of a line, whatever the line above ends with", () => {
  expect(found("h1:abc=\n10.61.1.164 - - [x]")).toEqual(["IP 10.61.1.164"]);
  expect(found("DB_HOST=91.230.87.162")).toEqual(["IP 91.230.87.162"]);
  expect(found("server 178.187.202.12 antwortet nicht")).toEqual(["IP 178.187.202.12"]);
  expect(found('newVersion="13.0.0.0"')).toEqual([]);
  expect(found("https://x.io/app.js?v=1.2.3.4")).toEqual([]);
  expect(found('host === "0:0:0:0:0:0:0:1"')).toEqual([]);
});

test("finds the person's name in a path to a home folder, not that of a machine's account", () => {
  expect(found("/home/jane.doe/src/x.ts")).toEqual(["USER jane.doe"]);
  expect(found("C:\\Users\\Jane Doe\\x")).toEqual(["USER Jane Doe"]);
  expect(found("/home/runner/work/x, /Users/admin/y")).toEqual([]);
});
