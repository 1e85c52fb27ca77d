import { expect, test } from "@playwright/test";

import { decimal, exact, parse, percent, short, signed } from "./numbers.ts";

test("decimals are cut toward zero, grouped, and keep their places", () => {
  expect(decimal(1_234_567_899n, 6, 2)).toBe("1,234.56");
  expect(decimal(-1_999_999n, 6, 2)).toBe("−1.99");
  expect(decimal(-1n, 6, 2)).toBe("0.00");
  expect(decimal(5n, 0, 2)).toBe("5.00");
  expect(decimal(0n, 6, 0)).toBe("0");
  expect(exact(12_345_678_901n, 9)).toBe("12.345678901");
  expect(decimal((1n << 63n) - 1n, 6, 6)).toBe("9,223,372,036,854.775807");
});

test("signs and percentages", () => {
  expect(signed(1n, 6, 2)).toBe("0.00");
  expect(signed(10_000n, 6, 2)).toBe("+0.01");
  expect(signed(-10_000n, 6, 2)).toBe("−0.01");
  expect(percent(1_234)).toBe("12.34 %");
  expect(percent(5n, 1)).toBe("0.0 %");
  expect(short(1_234_567_000_000n, 6)).toBe("1.23 M");
  expect(short(999_000_000n, 6)).toBe("999.00");
});

test("what people type becomes whole atoms, or nothing", () => {
  expect(parse("1,234.5", 6)).toBe(1_234_500_000n);
  expect(parse(" .5 ", 2)).toBe(50n);
  expect(parse("7", 0)).toBe(7n);
  expect(parse("0.10", 1)).toBe(1n);
  for (const wrong of ["", ".", "-1", "1e3", "1.2.3", "0x10", "1.001", "१"]) expect(parse(wrong, 2), wrong).toBeNull();
});

test("what is shown in full can be typed again", () => {
  for (const atoms of [0n, 1n, 999_999n, 1_000_000n, 123_456_789_012_345n]) expect(parse(exact(atoms, 6), 6)).toBe(atoms);
});
