import { describe, expect, test } from "bun:test";

import { type CsvOptions, readCsv } from "./csv.ts";

const options: CsvOptions = { encoding: undefined, separator: undefined, maxRows: 1_000, maxColumns: 10 };
const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string, little: boolean) => {
  const bytes = new DataView(new ArrayBuffer(text.length * 2 + 2));
  bytes.setUint16(0, 0xfeff, little);
  for (let i = 0; i < text.length; i++) bytes.setUint16(2 + i * 2, text.charCodeAt(i), little);
  return new Uint8Array(bytes.buffer);
};
const windows = (text: string) =>
  Uint8Array.from(text, (letter) => (letter === "€" ? 0x80 : letter.charCodeAt(0)));
const cells = async (bytes: Uint8Array, more: Partial<CsvOptions> = {}) => {
  const { columns, rows } = await readCsv(bytes, { ...options, ...more });
  return [columns, ...rows.map((row) => row.cells)];
};

describe("a CSV file", () => {
  const table = [
    ["id", "name"],
    ["1", 'Ö, "x"'],
  ];
  test.each([
    ["with commas", utf8('id,name\n1,"Ö, ""x"""\n')],
    ["with semicolons", utf8('id;name\n1;"Ö, ""x"""')],
    ["with tabs and the ends of lines of Windows", utf8('id\tname\r\n1\t"Ö, ""x"""\r\n')],
    ["with a byte order mark", utf8('\ufeffid,name\n1,"Ö, ""x"""\n')],
    ["in UTF-16 of Windows", utf16('id;name\r\n1;"Ö, ""x"""\r\n', true)],
    ["in UTF-16 the other way round", utf16('id;name\r\n1;"Ö, ""x"""\r\n', false)],
    ["in Windows-1252", windows('id;name\n1;"Ö, ""x"""\n')],
    ["that says its separator, as Excel writes it", utf8('sep=|\r\nid|name\r\n1|"Ö, ""x"""\r\n')],
    ["with empty lines", utf8('\n\nid,name\n\n1,"Ö, ""x"""\n\n')],
    ["with separators in the names of its columns", utf8('"id","name"\n1,"Ö, ""x"""\n')],
  ])("%s is read", async (_, bytes) => {
    expect(await cells(bytes)).toEqual(table);
  });

  test("is read in the encoding and with the separator that are said", async () => {
    expect(await cells(Uint8Array.of(0x61, 0x3a, 0xa4), { encoding: "iso-8859-15", separator: ":" })).toEqual(
      [["a", "€"]],
    );
    expect(await cells(windows("a€"))).toEqual([["a€"]]);
    expect(await cells(utf8("a;b\tc"), { separator: "tab" })).toEqual([["a;b", "c"]]);
  });

  test("knows in which line a row begins, whatever is in the values", async () => {
    const { rows } = await readCsv(utf8('a,b\n"x\ny",1\n\nz,2\nw,3'), options);
    expect(rows.map(({ line, cells: [first] }) => [line, first])).toEqual([
      [2, "x\ny"],
      [5, "z"],
      [6, "w"],
    ]);
  });

  test("is read in pieces, through which letters and quotes go", async () => {
    const long = `${"å".repeat(40_000)}\n${"ö".repeat(40_000)}`;
    const file = `a,b\n"${long}",1\n"${long}",2\n`;
    expect(await cells(utf8(file))).toEqual([
      ["a", "b"],
      [long, "1"],
      [long, "2"],
    ]);
  });

  test.each<[string, string, Partial<CsvOptions>, string]>([
    ["that is empty", "", {}, "The CSV file is empty: its first line names the columns."],
    ["with an open quote", 'a,b\n1,2\n"3,4\n', {}, "a quote is not closed"],
    ["with a quote in the middle", 'a,b\n1,2"3\n', {}, "in line 2: there is a quote inside of a value"],
    ["with something behind a quote", 'a,b\n1,"2"3\n', {}, "in line 2: something follows a closing quote"],
    ["with too many rows", "a\n1\n2\n3\n", { maxRows: 2 }, "has more than 2 rows"],
    ["with too many columns", "a,b,c\n", { maxColumns: 2 }, "has more than 2 columns"],
    ["with a row that never ends", `a\n"${"x".repeat(1_100_000)}"`, {}, "a row is longer than 1000000"],
    ["in an encoding that nobody knows", "a", { encoding: "klingon" }, "encoding is not known"],
    ["in another encoding than is said", "a\xffb", { encoding: "utf-16le" }, "is not utf-16le"],
    ["with a separator of two characters", "a", { separator: ";;" }, "separator must be one character"],
  ])("%s is refused", async (_, text, more, message) => {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    expect(readCsv(bytes, { ...options, ...more })).rejects.toThrow(message);
  });
});
