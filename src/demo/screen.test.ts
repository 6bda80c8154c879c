import { expect, test } from "bun:test";
import { Screen } from "./screen.ts";

function screenOn(terminal: boolean) {
  let text = "";
  const screen = new Screen(
    (more) => {
      text += more;
    },
    (_, plain) => plain,
    terminal,
  );
  return { screen, written: () => text };
}

test("on a terminal a line pushes the progress down, and the end takes it away", () => {
  const { screen, written } = screenOn(true);
  screen.progress("1 of 2");
  screen.line("a bundle");
  screen.progress("");
  screen.line("done");
  expect(written()).toBe("\r\x1b[2K1 of 2\r\x1b[2Ka bundle\n1 of 2\r\x1b[2Kdone\n");
});

test("in a file there are lines only", () => {
  const { screen, written } = screenOn(false);
  screen.progress("1 of 2");
  screen.line("a bundle");
  screen.progress("");
  expect(written()).toBe("a bundle\n");
});
