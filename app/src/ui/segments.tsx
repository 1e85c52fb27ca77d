import { ToggleGroup } from "radix-ui";

/** One of a few ways, all of them in sight. Arrow keys move between them. */
export function Segments<T extends string>(props: { name: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void; wide?: boolean }) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={props.name}
      value={props.value}
      onValueChange={(value) => value !== "" && props.onChange(value as T)}
      className={`${props.wide === true ? "flex" : "inline-flex"} rounded-ctl bg-well p-0.5 ring-1 ring-inset ring-rule`}
    >
      {props.options.map(([value, text]) => (
        <ToggleGroup.Item
          key={value}
          value={value}
          className={`h-7 rounded-[2px] px-3 whitespace-nowrap text-[13px] text-soft hover:text-ink data-[state=on]:bg-raised data-[state=on]:font-semibold data-[state=on]:text-ink data-[state=on]:ring-1 data-[state=on]:ring-rule-strong ${props.wide === true ? "flex-1" : ""}`}
        >
          {text}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
