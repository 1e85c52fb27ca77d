// Structs of the program's sources, as an IDL would describe them.

/** `wanted`: names of structs by file. Every field must be `pub`, and of a type that an account may have. */
export function typesOf(read, wanted) {
  return Object.entries(wanted).flatMap(([file, names]) => names.map((name) => typeOf(read(file), name, file)));
}

function typeOf(source, name, file) {
  const body = new RegExp(`#\\[repr\\(C\\)\\]\\npub struct ${name} \\{\\n([^}]*)\\n\\}`).exec(source)?.[1];
  if (body === undefined) {
    throw new Error(`${file} has no struct ${name} with a fixed layout`);
  }
  const fields = [];
  let docs = [];
  for (const line of body.split("\n").map((line) => line.trim())) {
    if (line.startsWith("///")) {
      docs.push(line.slice(3).trim());
      continue;
    }
    const [, field, type] = /^pub (\w+): ([^,]+),$/.exec(line) ?? [];
    if (field === undefined) {
      throw new Error(`${file}, ${name}: cannot read the field "${line}"`);
    }
    fields.push({ name: field, docs, type: kindOf(type) });
    docs = [];
  }
  return { name, serialization: "bytemuck", repr: { kind: "c" }, type: { kind: "struct", fields } };
}

function kindOf(type) {
  const [, item, length] = /^\[(\w+); (\d+)\]$/.exec(type) ?? [];
  if (item !== undefined) {
    return { array: [kindOf(item), Number(length)] };
  }
  if (type === "Address") {
    return "pubkey";
  }
  return /^[iu](8|16|32|64)$/.test(type) ? type : { defined: { name: type } };
}
