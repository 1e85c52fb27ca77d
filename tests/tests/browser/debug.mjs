// Values as Rust prints them for debugging, as the client's: names in camel case, integers as BigInt, variants with their `__kind`.

const TOKEN = /\s*([A-Za-z0-9_-]+|[{}[\]:,])/y;
/** Digits only, and short enough to be a number: the default address is 32 ones. */
const INTEGER = /^-?\d{1,20}$/;
const camel = (name) => name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());

export function parseDebug(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    tokens.push(match[1]);
  }
  let at = 0;
  const value = () => {
    const token = tokens[at++];
    if (token === "[") {
      const items = [];
      while (tokens[at] !== "]") {
        items.push(value());
        if (tokens[at] === ",") at++;
      }
      at++;
      const isBytes = items.every((item) => typeof item === "bigint" && item >= 0n && item < 256n);
      return isBytes ? Uint8Array.from(items, Number) : items;
    }
    if (tokens[at] !== "{") {
      return INTEGER.test(token) ? BigInt(token) : token;
    }
    const members = { __kind: token };
    at++;
    while (tokens[at] !== "}") {
      const name = camel(tokens[at]);
      at += 2;
      members[name] = value();
      if (tokens[at] === ",") at++;
    }
    at++;
    return members;
  };
  return value();
}

/** What differs between a value of Rust's and the client's reading of it. */
export function differences(expected, actual, path) {
  if (expected instanceof Uint8Array || Array.isArray(expected)) {
    const same = actual?.length === expected.length;
    return same ? [...expected].flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`)) : [`${path}: another length`];
  }
  if (typeof expected === "object") {
    const names = Object.keys(expected).filter((name) => name !== "__kind" || "__kind" in (actual ?? {}));
    return names.flatMap((name) => differences(expected[name], actual?.[name], `${path}.${name}`));
  }
  const isSame = typeof expected === "string" ? expected === actual : String(expected) === String(actual);
  return isSame ? [] : [`${path}: ${actual} instead of ${expected}`];
}
