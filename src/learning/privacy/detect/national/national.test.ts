import { expect, test } from "vitest";
import { found } from "../../testing/found.ts";

/** The country, what its number is called beside it, one that holds, and the same with one wrong digit or letter. */
const CHECKED: readonly (readonly [country: string, called: string, holds: string, fails: string])[] = [
  ["Canada", "SIN", "046 454 286", "046 454 287"],
  ["Brazil", "CPF", "529.982.247-25", "529.982.247-26"],
  ["Argentina", "CUIT", "20-12345678-6", "20-12345678-5"],
  ["Chile", "RUT", "12.345.678-5", "12.345.678-4"],
  ["Ecuador", "cedula ecuatoriana del titular de", "1710034065", ""],
  ["United Kingdom, health", "NHS number", "943 476 5919", "943 476 5918"],
  ["Spain", "DNI", "12345678Z", "12345678A"],
  ["Spain, with a dash", "DNI", "12345678-Z", "12345678-A"],
  ["Spain, foreigners", "NIE", "X1234567L", "X1234567A"],
  ["Italy", "CF", "RSSMRA85T10A562S", "RSSMRA85T10A562T"],
  ["France", "NIR", "2 55 08 14 168 025 38", "2 55 08 14 168 025 39"],
  ["Germany, tax", "Steuer-ID", "86 095 742 719", "86 095 742 718"],
  ["Germany, insurance", "RVNR", "15070649C103", "15070649C104"],
  ["Austria", "SVNR", "1237 010180", "1238 010180"],
  ["Switzerland", "AHV", "756.9217.0769.85", "756.9217.0769.84"],
  ["Netherlands", "BSN", "111222333", "111222334"],
  ["Belgium", "rijksregister", "85.07.30-033.28", "85.07.30-033.29"],
  ["Poland", "PESEL", "44051401359", "44051401358"],
  ["Czechia", "rodné číslo", "710319/2745", "710319/2746"],
  ["Sweden", "personnummer", "811218-9876", "811218-9875"],
  ["Finland", "hetu", "131052-308T", "131052-308U"],
  ["Norway", "fnr", "26028338723", "26028338724"],
  ["Portugal", "NIF", "123456789", "123456788"],
  ["Ireland", "PPS", "1234567T", "1234567U"],
  ["Greece", "AFM", "094259216", "094259215"],
  ["Romania", "CNP", "1630615123457", "1630615123458"],
  ["Bulgaria", "EGN", "7523169263", "7523169264"],
  ["Croatia", "OIB", "33392005961", "33392005962"],
  ["Estonia", "isikukood", "36805280109", "36805280108"],
  ["Lithuania", "asmens kodas", "33309240064", "33309240065"],
  ["Hungary", "TAJ", "111 111 110", "111 111 111"],
  ["Russia, insurance", "SNILS", "112-233-445 95", "112-233-445 96"],
  ["Russia, tax", "INN", "500100732259", "500100732258"],
  ["India", "Aadhaar", "2341 2341 2346", "2341 2341 2347"],
  ["China", "身份证", "11010519491231002X", "110105194912310021"],
  ["Japan", "my number", "123456789018", "123456789019"],
  ["Singapore", "NRIC", "S1234567D", "S1234567E"],
  ["Hong Kong", "HKID", "A123456(3)", "A123456(4)"],
  ["Taiwan", "ID", "A123456789", "A123456788"],
  ["Thailand", "citizen", "1-2345-45678-78-1", "1-2345-45678-78-2"],
  ["Turkey", "TC kimlik no", "10000000146", "10000000147"],
  ["Israel", "teudat zehut", "039337423", "039337424"],
  ["South Africa", "RSA ID", "8001015009087", "8001015009086"],
  ["Australia, tax", "TFN", "123 456 782", "123 456 783"],
  ["Australia, health", "Medicare", "2123 45670 1", "2123 45671 1"],
];

test.each(CHECKED)("finds a national number of %s", (_, called, holds) => {
  expect(found(`${called} ${holds}`)).toEqual([`NATIONAL_ID ${holds}`]);
});

test.each(CHECKED.filter(([, , , fails]) => fails !== ""))(
  "takes a number of %s for none whose check fails",
  (_, called, __, fails) => {
    expect(found(`${called} ${fails}`).filter((one) => one.startsWith("NATIONAL_ID"))).toEqual([]);
  },
);

/** Numbers without a check digit: a date or a range within them tells the possible from the impossible. */
test.each([
  ["United States", "536-90-4399", "666-90-4399"],
  ["United States, tax", "912-70-1234", "912-10-1234"],
  ["Mexico", "HEGG560427MVZRRL04", "HEGG561327MVZRRL04"],
  ["United Kingdom", "AB 12 34 56 C", "BG 12 34 56 C"],
  ["South Korea", "820701-2409184", "821301-2409184"],
  ["Malaysia", "770305-02-1234", "771305-02-1234"],
])("tells a possible number of %s from an impossible one", (_, possible, impossible) => {
  expect(found(`is ${possible}`)).toEqual([`NATIONAL_ID ${possible}`]);
  expect(found(`is ${impossible}`).filter((one) => one.startsWith("NATIONAL_ID"))).toEqual([]);
});

test.each([
  ["Denmark", "CPR", "070761-4287"],
  ["Latvia", "personas kods", "161175-19997"],
  ["Indonesia", "NIK", "3171011708450001"],
  ["Argentina", "DNI", "30.123.456"],
  ["Colombia", "cédula", "1.020.345.678"],
  ["New Zealand", "IRD", "49-091-850"],
  ["Germany, identity card", "Personalausweis", "L01X00T471"],
  ["a passport", "passport no", "C01X00T47"],
  ["a driving licence", "driver's license", "D1234567"],
])("finds a number without check digits of %s only where it is called so", (_, called, number) => {
  expect(found(`${called} ${number}`)).toEqual([`NATIONAL_ID ${number}`]);
  expect(found(`widget ${number}`).filter((one) => one.startsWith("NATIONAL_ID"))).toEqual([]);
});

test("takes no plain digits for a national number without a word that names them", () => {
  expect(found("id=86095742719, row 111222333, PESELs: none")).toEqual([]);
});
